@main
enum HostLocalPlugin {
    static func main() {}
}
