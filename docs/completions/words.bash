
# Readline ends words at =, : and @, too. This puts them together again for _@program@ (a name such as :0, a file of
# recipients @list, user@host), and makes two of --option=value; of what is offered it leaves what stands in
# the place of readline's own word, quoted: '*' must not become file names, and as file names (-o filenames), /USERS and
# @list would be taken apart.
_@program@_words() {
    local -a words=()
    local line="${COMP_LINE}" piece gap after=''
    for piece in "${COMP_WORDS[@]::COMP_CWORD+1}"; do
        gap="${line%%"${piece}"*}"
        [[ -n "${piece}" ]] || gap="${line}"
        line="${line#"${gap}${piece}"}"
        if [[ -z "${gap}" && "${#words[@]}" -gt 0 && "${after}${piece}" = *[=:@]* ]]; then
            words[${#words[@]}-1]+="${piece}"
        else
            words+=("${piece}")
        fi
        after="${piece}"
    done

    # These take a value only after =, so the word behind them is none of theirs.
    local -a others=()
    for piece in "${words[@]::${#words[@]}-1}"; do
        case "${piece}" in
        --ask | --ask=* | --window | --window=*) ;;
        *) others+=("${piece}") ;;
        esac
    done
    words=("${others[@]}" "${words[${#words[@]}-1]}")

    local last="${words[${#words[@]}-1]}"
    if [[ "${last}" = --*=* ]]; then
        words[${#words[@]}-1]="${last%%=*}"
        words+=("${last#*=}")
    fi

    local -a COMP_WORDS=("${words[@]}")
    local COMP_CWORD="$((${#words[@]} - 1))" COMP_LINE="${words[*]}"
    local COMP_POINT="${#COMP_LINE}" current="${words[${#words[@]}-1]}"
    _@program@ "${1}" "${current}" "${words[COMP_CWORD-1]}"

    local known="${current%"${2}"}"
    local -i index
    for index in "${!COMPREPLY[@]}"; do
        printf -v "COMPREPLY[index]" %q "${COMPREPLY[index]#"${known}"}"
    done
}

complete -F _@program@_words @program@
