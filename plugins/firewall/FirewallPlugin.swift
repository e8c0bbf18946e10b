@main
enum FirewallPlugin {
    static func main() {}
}
