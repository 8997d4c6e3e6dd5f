//! The `clown-hub` program: everything is in the library, so that tests and documentation reach it.

fn main() -> std::process::ExitCode {
    clown_hub::cli::main()
}
