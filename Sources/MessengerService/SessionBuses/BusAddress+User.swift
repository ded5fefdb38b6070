internal import GBus

extension BusAddress {
  /// Where a user's session bus is unless a session says otherwise.
  init(standardOf user: User) { self.init(name: user.runtimePath + "/bus") }
}
