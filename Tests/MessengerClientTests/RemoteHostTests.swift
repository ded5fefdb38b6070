import MessengerContract
import Testing

@testable import MessengerClient

/// The spelling of hosts, and the arguments for ssh.
@Suite struct RemoteHostTests {
  @Test(
    arguments: [
      ("web1", nil, "web1", nil),
      ("web1.example.org", nil, "web1.example.org", nil),
      ("my_alias", nil, "my_alias", nil),
      ("bücher.example", nil, "bücher.example", nil),
      ("bob@web1", "bob", "web1", nil),
      (#"EXAMPLE\bob@web1"#, #"EXAMPLE\bob"#, "web1", nil),
      ("bob@example.org@web1", "bob@example.org", "web1", nil),
      ("192.0.2.7", nil, "192.0.2.7", nil),
      ("::1", nil, "::1", nil),
      ("bob@fe80::1%eth0", "bob", "fe80::1%eth0", nil),
      ("[2001:db8::7]", nil, "2001:db8::7", nil),
      ("ssh://web1", nil, "web1", nil),
      ("SSH://web1:22", nil, "web1", 22),
      ("ssh://bob@web1:65535", "bob", "web1", 65535),
      ("ssh://[::1]", nil, "::1", nil),
      ("ssh://[::1]:22", nil, "::1", 22),
      ("ssh://bob@[fe80::1%eth0]:2222", "bob", "fe80::1%eth0", 2222),
    ] as [(String, String?, String, UInt16?)])
  func textIsAHost(_ text: String, _ user: String?, _ host: String, _ port: UInt16?) throws {
    let remote = try RemoteHost(text)
    #expect(remote.user == user)
    #expect(remote.host == host)
    #expect(remote.port == port)
    #expect("\(remote)" == text)
  }

  @Test(arguments: [
    ("", "it is empty"),
    ("bob@", "the host is empty"),
    ("@web1", "the user is empty"),
    ("ssh://", "the host is empty"),
    ("ssh://:22", "the host is empty"),
    ("ssh://bob@:22", "the host is empty"),
    ("-oProxyCommand=true", "the host begins with '-'"),
    ("bob@-oProxyCommand=true", "the host begins with '-'"),
    ("ssh://-F", "the host begins with '-'"),
    ("-bob@web1", "the user begins with '-'"),
    ("web1 web2", "the host contains white space"),
    ("web1\u{a0}", "the host contains white space"),
    ("bob smith@web1", "the user contains white space"),
    ("web1\n", "the host contains a control character"),
    ("web1\0", "the host contains a control character"),
    ("\u{1b}[2J", "the host contains a control character"),
    ("\\\\second", "the host contains '\\'"),
    ("$(reboot)", "the host contains '$'"),
    ("web1;reboot", "the host contains ';'"),
    ("`reboot`@web1", "the user contains '`'"),
    ("bob:secret@web1", "the user contains ':'"),
    ("web1:22", "a port is written ssh://host:port"),
    ("ssh://web1:", "the port is no number from 1 to 65535"),
    ("ssh://web1:0", "the port is no number from 1 to 65535"),
    ("ssh://web1:65536", "the port is no number from 1 to 65535"),
    ("ssh://web1:-1", "the port is no number from 1 to 65535"),
    ("ssh://web1:+22", "the port is no number from 1 to 65535"),
    ("ssh://web1:ssh", "the port is no number from 1 to 65535"),
    ("ssh://web1:٢٢", "the port is no number from 1 to 65535"),
    ("ssh://::1:22", "the host is empty"),
    ("ssh://[::1]22", "the port is no number from 1 to 65535"),
    ("ssh://[web1]", "the brackets hold no IPv6 address"),
    ("[fe80::1%]", "the brackets hold no IPv6 address"),
    ("::1%eth0]:22", "the host is empty"),
    ("ssh://web1/", "only user, host and port are allowed"),
    ("ssh://web1:22/etc", "only user, host and port are allowed"),
    // In Swift, a dash with an accent is another character than a dash; for ssh it isn't.
    ("-\u{301}oProxyCommand=true", "the host begins with '-'"),
    ("bob:\u{301}secret@web1", "the user contains ':'"),
    ("ssh://web1/\u{301}etc", "only user, host and port are allowed"),
    ("https://web1", "only user, host and port are allowed"),
  ])
  func textIsNoHost(_ text: String, _ reason: String) {
    // As it was written, on one line.
    let quoted = text.replacing(/\p{Cc}/, with: "\u{FFFD}")
    #expect(throws: MessengerError(.invalidArgument, "'\(quoted)' is no host: \(reason)")) {
      try RemoteHost(text)
    }
  }

  @Test(
    arguments: [
      ("web1", .seconds(10), ["-oConnectTimeout=10", "-oServerAliveInterval=15", "--", "web1"]),
      ("web1", .milliseconds(1), ["-oConnectTimeout=1", "-oServerAliveInterval=15", "--", "web1"]),
      ("web1", .milliseconds(2500), ["-oConnectTimeout=3", "-oServerAliveInterval=15", "--", "web1"]),
      (
        "ssh://bob@[::1]:22", .seconds(1),
        ["-oConnectTimeout=1", "-oServerAliveInterval=15", "-p", "22", "-l", "bob", "--", "::1"]
      ),
    ] as [(String, Duration, [String])])
  func sshIsTold(_ text: String, _ timeout: Duration, _ arguments: [String]) throws {
    let told = try RemoteHost(text).sshArguments(connectTimeout: timeout)
    #expect(told == ["-xT"] + arguments + ["systemd-stdio-bridge"])
  }
}
