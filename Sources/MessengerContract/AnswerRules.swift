/// The rules for answers in words and for choices. msg checks them before it sends, and msgd for every caller.
public enum AnswerRules {
  /// The longest answer, in Unicode code points. Nothing is taken of a longer one, because a part of it could say
  /// something else.
  public static let answerLength = 4096
  /// The longest hint in the field, in Unicode code points.
  public static let hintLength = 256
  /// The most choices.
  public static let mostChoices = 32
  /// The longest choice, in Unicode code points.
  public static let choiceLength = 80
}
