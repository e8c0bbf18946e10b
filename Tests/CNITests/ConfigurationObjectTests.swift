import Addressing
import CNI
import JSON
import Testing

struct ConfigurationObjectTests {
    enum Colour: String, CaseIterable { case red, green }

    private static func object(_ text: String) throws -> ConfigurationObject {
        try ConfigurationObject(JSONValue.parse(text), path: "ipam")
    }

    @Test("each reader reads its type")
    func reads() throws {
        let keys = try Self.object(
            #"{"s":"x","b":true,"i":7,"l":["a","b"],"o":{"p":1},"os":[{"q":2},{}],"oss":[[{"r":3}],[]],"a":"::1","n":"10.0.0.1/8","m":"0a:58:0a:01:00:05","c":"green","z":null}"#
        )
        #expect(try keys.string("s") == "x" && keys.string("z") == nil && keys.string("none", default: "d") == "d")
        #expect(try keys.bool("b") == true && keys.bool("none", default: true))
        #expect(try keys.integer("i", in: 0...7) == 7 && keys.integer("none", in: 0...1, default: 1) == 1)
        #expect(try keys.stringList("l") == ["a", "b"] && keys.stringList("none") == [])
        #expect(try keys.nested("o")?.integer("p", in: 1...1) == 1)
        #expect(try keys.objects("os").map(\.path) == ["ipam.os[0]", "ipam.os[1]"])
        #expect(try keys.objectLists("oss").map(\.count) == [1, 0])
        #expect(try keys.objectLists("oss")[0][0].path == "ipam.oss[0][0]")
        #expect(try keys.address("a") == IPAddress("::1") && keys.network("n") == IPNetwork("10.0.0.1/8"))
        #expect(try keys.mac("m") == MACAddress("0a:58:0a:01:00:05"))
        #expect(try keys.choice("c", default: Colour.red) == .green && keys.choice("none", default: Colour.red) == .red)
        #expect(keys.has("s") && !keys.has("z") && !keys.has("none"))
    }

    @Test("a key in another case is found when there is no exact one")
    func caseInsensitive() throws {
        let keys = try Self.object(#"{"ISGATEWAY":true,"ipMasq":false,"IPMASQ":true,"é":1}"#)
        #expect(try keys.bool("isGateway") == true)
        #expect(try keys.bool("ipMasq") == false)
        #expect(!keys.has("É") && !keys.has("isGatewa") && !keys.has("isGateway "))
    }

    /// One attempt to read a key, by the name of the reader.
    private static func attempt(_ reader: String, _ keys: ConfigurationObject) throws {
        switch reader {
        case "string": _ = try keys.string("k")
        case "bool": _ = try keys.bool("k")
        case "integer": _ = try keys.integer("k", in: 0...4094)
        case "stringList": _ = try keys.stringList("k")
        case "nested": _ = try keys.nested("k")
        case "objects": _ = try keys.objects("k")
        case "objectLists": _ = try keys.objectLists("k")
        case "address": _ = try keys.address("k")
        case "network": _ = try keys.network("k")
        case "mac": _ = try keys.mac("k")
        default: _ = try keys.choice("k", default: Colour.red)
        }
    }

    @Test(
        "a wrong value is refused, naming key and value",
        arguments: [
            ("string", "5", 6, "ipam.k", "5"), ("string", #""\u0000""#, 7, "ipam.k", "u0000"),
            ("bool", #""true""#, 6, "ipam.k", "true"),
            ("bool", "1", 6, "ipam.k", "1"), ("integer", "4095", 7, "ipam.k", "4095"),
            ("integer", "-1", 7, "ipam.k", "-1"),
            ("integer", "9223372036854775808", 7, "ipam.k", "9223372036854775808"),
            ("integer", "1.5", 7, "ipam.k", "1.5"),
            ("integer", #""7""#, 6, "ipam.k", "7"), ("stringList", #""a""#, 6, "ipam.k", "a"),
            ("stringList", #"["a",[]]"#, 6, "ipam.k[1]", "[]"),
            ("nested", "[]", 6, "ipam.k", "[]"), ("objects", "{}", 6, "ipam.k", "{}"),
            ("objects", "[{},3]", 6, "ipam.k[1]", "3"),
            ("objectLists", "[{}]", 6, "ipam.k[0]", "{}"), ("objectLists", "[[true]]", 6, "ipam.k[0][0]", "true"),
            ("address", #""1.2.3.4/8""#, 7, "ipam.k", "1.2.3.4/8"), ("network", #""1.2.3.4""#, 7, "ipam.k", "1.2.3.4"),
            ("mac", #""x""#, 7, "ipam.k", "x"), ("mac", #""ff:ff:ff:ff:ff:ff""#, 7, "ipam.k", "ff:ff"),
            ("mac", #""00:00:00:00:00:00""#, 7, "ipam.k", "00:00"),
            ("choice", #""blue""#, 7, "ipam.k", "blue"), ("choice", "1", 6, "ipam.k", "1"),
        ])
    func refuses(reader: String, value: String, code: Int, place: String, excerpt: String) throws {
        let keys = try Self.object("{\"k\":\(value)}")
        let error = try #require(#expect(throws: CNIError.self) { try Self.attempt(reader, keys) })
        #expect(error.code == code)
        #expect(error.message.contains("\"\(place)\""), "\(error.message)")
        #expect(error.message.contains(excerpt), "\(error.message)")
    }

    @Test("a huge value does not make a huge message")
    func boundedMessage() throws {
        let keys = try Self.object("{\"k\":\"\(String(repeating: "x", count: 100_000))\"}")
        let error = try #require(#expect(throws: CNIError.self) { try keys.bool("k") })
        #expect(error.message.utf8.count < 300)
    }
}
