import MessengerContract
import Testing

@Suite struct OriginTests {
  @Test(arguments: ["helpdesk@office", "a@b", "help.desk-2@of_fice"]) func takes(_ text: String) {
    #expect(Origin.isValid(text))
  }

  @Test(arguments: [
    "", "@", "helpdesk", "helpdesk@", "@office", "a@b@c", "root:@x", "a b@c", "-a@b", "ä@b", "a@b\n",
    String(repeating: "a", count: 65) + "@b",
  ]) func refuses(_ text: String) { #expect(!Origin.isValid(text)) }
}
