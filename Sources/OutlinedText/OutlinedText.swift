// The standard library's small change out of line, for the Embedded build alone: every file of it imports this module
// implicitly (Package.swift), and these declarations take the place of the standard library's, which are copied into every
// caller. A sentence with five values then takes 240 bytes instead of 2,200; without it the plugins are twice as large.
// Each calls the original through a generic function, where the protocol's requirement is meant and not this module's.

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

    /// Whether both are the same text.
    @inline(never)
    public static func == (left: String, right: String) -> Bool { areEqual(left, right) }

    /// Whether the texts differ.
    @inline(never)
    public static func != (left: String, right: String) -> Bool { !areEqual(left, right) }

    /// The text of these bytes, what is no UTF-8 replaced.
    @inline(never)
    public init(decoding bytes: [UInt8], as encoding: UTF8.Type) { self = decode(bytes, encoding) }

    /// The text of these bytes, what is no UTF-8 replaced.
    @inline(never)
    public init(decoding bytes: ArraySlice<UInt8>, as encoding: UTF8.Type) { self = decode(bytes, encoding) }
}

/// Whether a `switch` over texts takes this case.
@inline(never)
public func ~= (pattern: String, value: String) -> Bool { areEqual(pattern, value) }

extension String {
    /// Whether there is nothing in it.
    public var isEmpty: Bool {
        @inline(never) get { isNothing(self) }
    }
}

extension String.UTF8View {
    /// How many bytes there are.
    public var count: Int {
        @inline(never) get { countOf(self) }
    }
}

extension Array {
    /// Adds an element at the end.
    @inline(never)
    public mutating func append(_ element: __owned Element) { appendTo(&self, element) }

    /// The elements in order.
    ///
    /// One sort of places serves all types.
    @inline(never)
    public func sorted(by areInIncreasingOrder: (Element, Element) -> Bool) -> [Element] {
        var places = Array<Int>(indices)
        sortPlaces(&places) { areInIncreasingOrder(self[$0], self[$1]) }
        return places.map { self[$0] }
    }
}

extension Array where Element: Comparable {
    /// The elements in ascending order.
    @inline(never)
    public func sorted() -> [Element] { sorted { $0 < $1 } }
}

extension Array where Element == UInt8 {
    /// The bytes of a text.
    @inline(never)
    public init(_ text: String.UTF8View) { self = collect(text) }
}

@inline(never)
private func sortPlaces(_ places: inout [Int], _ areInIncreasingOrder: (Int, Int) -> Bool) {
    sortInPlace(&places, areInIncreasingOrder)
}

private func sortInPlace<C: RandomAccessCollection & MutableCollection>(
    _ elements: inout C, _ areInIncreasingOrder: (C.Element, C.Element) -> Bool
) {
    elements.sort(by: areInIncreasingOrder)
}

private func areEqual<T: Equatable>(_ left: T, _ right: T) -> Bool { left == right }
private func decode<Bytes: Collection, Encoding: Unicode.Encoding>(_ bytes: Bytes, _ encoding: Encoding.Type) -> String
where Bytes.Element == Encoding.CodeUnit {
    String(decoding: bytes, as: encoding)
}
private func isNothing<C: Collection>(_ collection: C) -> Bool { collection.isEmpty }
private func countOf<C: Collection>(_ collection: C) -> Int { collection.count }
private func appendTo<C: RangeReplaceableCollection>(_ collection: inout C, _ element: __owned C.Element) {
    collection.append(element)
}
private func collect<S: Sequence>(_ elements: S) -> [S.Element] { Array(elements) }
