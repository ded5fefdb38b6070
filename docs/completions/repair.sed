# What ArgumentParser 1.8.2 gets wrong in completion scripts of programs such as these.

# A subcommand `help`, which programs without subcommands don't have: bash and fish would offer it as the message, and zsh
# refuses it beside a message of several words ("doubled rest argument definition").
/'(-): :->command'/d
/'(-)\*:: :->arg'/d
/compgen -W 'help' /d
/ -fa 'help' -d 'Show subcommand help information\.'$/d

# zsh: --option=value as well as --option value.
/^ *'\**--[a-z-]*\[.*\]:[a-z=]*:/s/\[/=[/

# zsh: in a name such as :0 or /SERVER: a colon is a colon, and no description follows it.
/^    completions=("\${(@f)/a\
    completions=("${(@)completions//:/\\\\:}")

# --ask and --window take a value only after =; see words.bash for bash.
/^ *'--\(ask\|window\)=\[/{s/\[/-[/;s/\]:/]::/}
s/ 'ask=' / 'ask=?' /
s/ 'window=' / 'window=?' /
/ -l 'ask' /s/ -rfka ''$//
/ -l 'window' /s/ -rfka / -fka /

# bash: a file that is read by a shell has no interpreter of its own.
1{/^#!/d}

# bash: words.bash takes its place.
/^complete -o filenames -F /d
