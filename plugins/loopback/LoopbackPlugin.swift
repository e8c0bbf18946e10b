@main
enum LoopbackPlugin {
    static func main() {}
}
