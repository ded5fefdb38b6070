// Sends a message to the recipients in the arguments, waits up to half a minute, and prints what became of it.
import Glibc
import MessengerClient
import MessengerContract

do {
  let options = SendOptions(timeout: 30, wait: true)
  let receipt = try Client().send(to: Array(CommandLine.arguments.dropFirst()), body: "Lunch?", options: options)
  for delivery in receipt.deliveries { print(delivery.userName, delivery.state.rawValue) }
} catch {
  print("not sent: \(error)")
  exit(EXIT_FAILURE)
}
