@main
enum NonePlugin {
    static func main() {}
}
