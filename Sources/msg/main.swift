import Glibc
import MsgCommand

exit(Command.run(in: .process()).rawValue)
