internal import MessengerContract

/// A delivery as a JSON array, in the order that it has on D-Bus: `["3", "alice", 1000, "shown", {…}]`.
struct DeliveryCoding: Codable {
  let delivery: Delivery

  init(_ delivery: Delivery) { self.delivery = delivery }

  init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    let session = try values.decode(String.self)
    let user = try values.decode(String.self)
    let uid = try values.decode(UInt32.self)
    guard let state = DeliveryState(rawValue: try values.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "an unknown state")
    }
    var details = DeliveryDetails()
    try details.read(from: try values.superDecoder(), skipsUnknown: true)
    delivery = Delivery(sessionID: session, userName: user, uid: uid, state: state, details: details)
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(delivery.sessionID)
    try values.encode(delivery.userName)
    try values.encode(delivery.uid)
    try values.encode(delivery.state.rawValue)
    try delivery.details.write(to: values.superEncoder())
  }
}

/// A session as a JSON array, in the order that it has on D-Bus: `["3", 1000, "alice", "seat0", "active", {…}]`.
struct SessionCoding: Codable {
  let session: Session

  init(_ session: Session) { self.session = session }

  init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    let id = try values.decode(String.self)
    let uid = try values.decode(UInt32.self)
    let user = try values.decode(String.self)
    let name = try values.decode(String.self)
    var session = Session(id: id, uid: uid, userName: user, name: name, state: try values.decode(String.self))
    try session.read(from: try values.superDecoder(), skipsUnknown: true)
    self.session = session
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(session.id)
    try values.encode(session.uid)
    try values.encode(session.userName)
    try values.encode(session.name)
    try values.encode(session.state)
    try session.write(to: values.superEncoder())
  }
}
