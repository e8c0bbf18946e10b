import Testing

/// The module graph: the table in ARCHITECTURE.md, Package.swift and the imports in the sources say the same.
@Suite struct ModuleGraphTests {
    /// One line of the table: level, module, what it imports.
    struct Row {
        let level: Int
        let imports: [String]
    }

    /// The rows of the table under the heading "The graph", by module.
    static func table() throws -> [String: Row] {
        let text = try Repository.text("ARCHITECTURE.md")
        var rows: [String: Row] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|").map { $0.trimmingPrefix(" ") }
            guard cells.count >= 3, let level = Int(cells[0].split(separator: " ").first ?? "") else { continue }
            let names = { (cell: Substring) in
                cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            }
            for module in names(cells[1]) {
                #expect(rows[module] == nil, "\(module) has two rows in ARCHITECTURE.md")
                rows[module] = Row(level: level, imports: names(cells[2]))
            }
        }
        return rows
    }

    @Test("the table in ARCHITECTURE.md names every module of Package.swift with exactly its imports")
    func tableEqualsManifest() throws {
        let table = try Self.table()
        let targets = try Manifest.read().targets.filter { $0.isShipped }
        #expect(targets.count > 15)
        for target in targets {
            let row = try #require(table[target.name], "\(target.name) has no row in ARCHITECTURE.md")
            #expect(
                Set(target.modules + target.products) == Set(row.imports),
                "imports of \(target.name): Package.swift and ARCHITECTURE.md differ")
        }
        let unknown = Set(table.keys).subtracting(targets.map(\.name))
        #expect(unknown.isEmpty, "in ARCHITECTURE.md, but not in Package.swift: \(unknown.sorted())")
    }

    @Test("an import points to a lower level, or to a C module of level 0")
    func importsPointDown() throws {
        let table = try Self.table()
        for (module, row) in table {
            for name in row.imports {
                guard let other = table[name] else { continue }  // a product of another package
                let isCModule = other.level == 0 && name.hasPrefix("C") && other.imports.isEmpty
                #expect(
                    other.level < row.level || isCModule,
                    "\(module) (level \(row.level)) imports \(name) (level \(other.level))")
            }
        }
    }

    @Test("a target imports what Package.swift lets it import: no more, and no less")
    func importsAreDeclared() throws {
        let targets = try Manifest.read().targets
        let ours = Set(targets.flatMap { [$0.name] + $0.products })
        for target in targets where target.type != "system" {
            let files = try Repository.swiftFiles(in: [target.folder])
            guard !files.isEmpty else { continue }  // a C module
            let imported = Set(files.flatMap(\.imports)).intersection(ours)
            let declared = Set(target.modules + target.products)
            #expect(imported.subtracting(declared).isEmpty, "\(target.name) imports modules it does not declare")
            for dependency in declared.subtracting(imported).sorted() {
                Issue.record("\(target.name) declares \(dependency) in Package.swift and does not import it")
            }
        }
    }
}
