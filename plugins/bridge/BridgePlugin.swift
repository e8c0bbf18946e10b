@main
enum BridgePlugin {
    static func main() {}
}
