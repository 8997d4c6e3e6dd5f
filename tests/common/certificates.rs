//! Certificates of other people's servers, made for one test: an authority, a server's and a client's.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

/// What is wrong with the server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// It names `elsewhere.example` only.
    Name,
    /// It ended in 2020.
    Expired,
}

/// PEM files in one folder: `ca.pem`, `server.pem` + `server.key`, `client.pem` + `client.key`, and
/// `stranger.pem` + `stranger.key`, a client of another authority.
#[derive(Clone, Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes all of them; the server is `localhost`, `127.0.0.1` and `::1`.
    pub fn make(folder: &Path, flaw: Flaw) -> Self {
        let made = Self { folder: folder.to_owned() };
        let names: &[&str] = match flaw {
            Flaw::None | Flaw::Expired => &["localhost", "127.0.0.1", "::1"],
            Flaw::Name => &["elsewhere.example"],
        };
        let (ca, issuer) = authority("the test's authority");
        made.write("ca.pem", &ca);
        let mut server = params("a broker", names, ExtendedKeyUsagePurpose::ServerAuth);
        if flaw == Flaw::Expired {
            server.not_before = date_time_ymd(2019, 1, 1);
            server.not_after = date_time_ymd(2020, 1, 1);
        }
        made.sign("server", server, &issuer);
        made.sign("client", params("a client", &[], ExtendedKeyUsagePurpose::ClientAuth), &issuer);
        let (_, other) = authority("nobody's authority");
        made.sign("stranger", params("a stranger", &[], ExtendedKeyUsagePurpose::ClientAuth), &other);
        made
    }

    /// One of the files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What a client trusts.
    pub fn ca(&self) -> PathBuf {
        self.file("ca.pem")
    }

    fn sign(&self, name: &str, params: CertificateParams, issuer: &Issuer<'_, KeyPair>) {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, issuer).expect("a certificate");
        self.write(&format!("{name}.pem"), &certificate.pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("the temporary folder is writable");
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let mut params = params(name, &[], ExtendedKeyUsagePurpose::Any);
    params.extended_key_usages.clear();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (pem, Issuer::new(params, key))
}

fn params(name: &str, names: &[&str], usage: ExtendedKeyUsagePurpose) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("valid names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![usage];
    params
}
