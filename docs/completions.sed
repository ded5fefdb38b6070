# Takes out of a completion script the subcommand `help`, which ArgumentParser 1.8.2 puts into each and which programs
# without subcommands don't have: bash and fish would offer it as the message, and zsh refuses it beside a message of
# several words ("doubled rest argument definition").
/'(-): :->command'/d
/'(-)\*:: :->arg'/d
/compgen -W 'help' /d
/ -fa 'help' -d 'Show subcommand help information\.'$/d
