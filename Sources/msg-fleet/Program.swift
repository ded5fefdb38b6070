import FleetSender
import Glibc

@main
enum Program {
  static func main() { exit(FleetSender.run()) }
}
