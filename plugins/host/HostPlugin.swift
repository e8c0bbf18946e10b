@main
enum HostPlugin {
    static func main() {}
}
