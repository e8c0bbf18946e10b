// String interpolation out of line, for the Embedded build alone: every file of it imports this module implicitly
// (Package.swift), and these declarations take the place of the standard library's, which are copied into every caller.
// A sentence with five values then takes 240 bytes instead of 2,200; without it the plugins are twice as large.

extension DefaultStringInterpolation {
    /// Appends a literal part.
    @inline(never)
    public mutating func appendLiteral(_ literal: String) { literal.write(to: &self) }

    /// Appends a text.
    @inline(never)
    public mutating func appendInterpolation(_ value: String) { value.write(to: &self) }

    /// Appends what a value says of itself.
    @inline(never)
    public mutating func appendInterpolation<Value: CustomStringConvertible>(_ value: Value) {
        value.description.write(to: &self)
    }
}

extension String {
    /// Both texts, one after the other.
    @inline(never)
    public static func + (left: String, right: String) -> String {
        var result = left
        result.append(contentsOf: right)
        return result
    }

    /// Appends a text.
    @inline(never)
    public static func += (left: inout String, right: String) { left.append(contentsOf: right) }
}
