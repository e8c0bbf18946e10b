internal import JSON
internal import LinuxSystem

extension Runtime {
    /// `list`: every container of this root directory.
    func list(_ options: ParsedOptions) throws(OCIError) -> CInt {
        let format = try Self.format(options)
        var rows: [(record: ContainerRecord, status: ContainerStatus)] = []
        for id in try store.names() {
            // Removed meanwhile, or half made: no container.
            guard let record = try store.record(id) else { continue }
            rows.append((record, try status(of: record)))
        }
        if options.has("quiet") { return try OCICommand.say(rows.map { $0.record.id + "\n" }.joined()) }
        switch format {
        case .json:
            return try OCICommand.say(JSONValue.array(rows.map { $0.record.state($0.status) }).text() + "\n")
        case .table:
            let lines = rows.map { row in
                let pid = row.status == .stopped ? 0 : row.record.process?.identifier ?? 0
                return [row.record.id, String(pid), row.status.rawValue, row.record.bundle, row.record.created, "root"]
            }
            return try OCICommand.say(Self.table([["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]] + lines))
        }
    }

    /// The layouts of lists.
    enum ListFormat: String {
        case table, json
    }

    static func format(_ options: ParsedOptions) throws(OCIError) -> ListFormat {
        let text = options.value("format") ?? "table"
        guard let format = ListFormat(rawValue: text) else {
            throw .usage("--format must be table or json, not \(text)")
        }
        return format
    }

    /// Columns at least 12 wide, three blanks between them.
    static func table(_ rows: [[String]]) -> String {
        guard let count = rows.first?.count else { return "" }
        var widths = [Int](repeating: 9, count: count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.utf8.count) }
        }
        var text = ""
        for row in rows {
            for (column, cell) in row.enumerated() {
                text += column == count - 1 ? cell + "\n" : CommandText.padded(cell, widths[column] + 3)
            }
        }
        return text
    }
}
