@main
enum TuningPlugin {
    static func main() {}
}
