internal import GBus

extension BusAddress {
  /// Makes the address of a user's session bus, which holds unless a session names another.
  init(standardOf user: User) { self.init(name: user.runtimePath + "/bus") }
}
