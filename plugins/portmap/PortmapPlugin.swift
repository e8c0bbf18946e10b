@main
enum PortmapPlugin {
    static func main() {}
}
