@main
enum StaticPlugin {
    static func main() {}
}
