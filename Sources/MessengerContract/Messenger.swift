/// The names and fixed numbers of the service, on which both programs and every other caller agree.
///
/// `dbus/org.msgd.Messenger1.xml` is the contract itself, and explains it in its comments.
public enum Messenger {
  /// The version of both programs.
  public static let version = "0.1.0"

  /// The service's well-known name on the system bus.
  public static let busName = "org.msgd.Messenger1"

  /// The path of the service's only object.
  public static let objectPath = "/org/msgd/Messenger1"

  /// The service's interface.
  public static let interface = "org.msgd.Messenger1"

  /// The interface's introspection data, as installed.
  public static let introspectionXML = String(decoding: PackageResources.org_msgd_Messenger1_xml, as: UTF8.self)

  /// How many seconds a popup stays if neither the sender nor `/etc/msgd.conf` says so. The property `DefaultTimeout`
  /// has the value in force.
  public static let defaultTimeout: UInt32 = 60

  /// The longest accepted body, in Unicode code points, unless `/etc/msgd.conf` sets another. The property
  /// `MaximumBodyLength` has the value in force.
  public static let maximumBodyLength = 4096

  /// The recipient that means every graphical session.
  public static let everyone = "*"

  /// The uid in an entry that stands for no session, such as that of an unknown recipient.
  public static let noUID = UInt32.max
}
