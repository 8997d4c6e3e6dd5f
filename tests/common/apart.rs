//! A test that needs a machine of its own: runs once more, by itself, in name spaces of its own.

use std::path::Path;

use super::need;

/// Runs the ignored test `name` of this program with `script` before it, as root of name spaces of its own: `$1` of the
/// script is `folder`, which the test finds in `TMPDIR`.
pub fn apart(name: &str, spaces: &[&str], folder: &Path, script: &str) {
    let script = format!("set -e; {script}\nshift; exec \"$@\"");
    let out = need("unshare", "util-linux")
        .args(["--user", "--map-root-user", "--mount"])
        .args(spaces)
        .args(["sh", "-c", &script, "sh"])
        .arg(folder)
        .arg(std::env::current_exe().expect("this test"))
        .args([name, "--exact", "--ignored", "--nocapture"])
        .env("TMPDIR", folder)
        .output()
        .expect("it runs");
    let said = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(out.status.success(), "name spaces of users and iproute2 are needed for this test\n{said}");
}
