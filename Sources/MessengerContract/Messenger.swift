/// The names under which the service is reached, and its fixed numbers: what both programs, and every other caller,
/// agree on.
///
/// The contract itself, with its meaning in comments, is `dbus/org.msgd.Messenger1.xml`.
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

  /// Seconds that a popup stays where neither the sender nor `/etc/msgd.conf` says it: the property `DefaultTimeout`
  /// has what holds.
  public static let defaultTimeout: UInt32 = 60

  /// The longest body that is taken, in Unicode code points, where `/etc/msgd.conf` doesn't say it: the property
  /// `MaximumBodyLength` has what holds.
  public static let maximumBodyLength = 4096

  /// The recipient that means every graphical session.
  public static let everyone = "*"

  /// The uid in an entry of an answer that stands for no session (that of an unknown recipient).
  public static let noUID = UInt32.max
}
