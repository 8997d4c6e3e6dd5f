//! What a failed TLS handshake means, in words that name the certificate's own names and dates.

use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

use super::{Told, waiting};
use crate::clock;
use crate::hub::{LinkState, iso};

/// The state after TLS failed at `now`.
pub async fn state(told: &Told, error: &Error, was_up: bool, now: SystemTime) -> LinkState {
    match error {
        Error::InvalidCertificate(error) => certificate(told, error, now),
        Error::AlertReceived(alert) => alerted(told, *alert),
        Error::InvalidMessage(_) if !was_up => told.not_tls(),
        error => waiting("tls-failed", format!("{}: TLS failed: {error}", told.address), "its log says more"),
    }
}

fn certificate(told: &Told, error: &CertificateError, now: SystemTime) -> LinkState {
    let address = &told.address;
    match error {
        CertificateError::NotValidForNameContext { presented, .. } => name(told, presented),
        CertificateError::NotValidForName => name(told, &[]),
        CertificateError::ExpiredContext { not_after, .. } => {
            let reason =
                format!("the certificate of {address} has expired, it was good until {}", date(*not_after));
            waiting("tls-expired", reason, with_clock("renew the broker's certificate", now))
        }
        CertificateError::Expired => {
            let reason = format!("the certificate of {address} has expired");
            waiting("tls-expired", reason, with_clock("renew the broker's certificate", now))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            let reason = format!("the certificate of {address} is good only from {}", date(*not_before));
            waiting("tls-not-yet", reason, with_clock("check the clocks of both machines", now))
        }
        CertificateError::NotValidYet => {
            let reason = format!("the certificate of {address} is not good yet");
            waiting("tls-not-yet", reason, with_clock("check the clocks of both machines", now))
        }
        CertificateError::UnknownIssuer => unknown(told),
        CertificateError::BadSignature => waiting(
            "tls-unknown-ca",
            format!("the certificate of {address} was signed by another authority of the same name"),
            "name the authority that signed it with ca",
        ),
        error => waiting(
            "tls-certificate",
            format!("the certificate of {address} is no good: {}", plain(error)),
            "make the broker a certificate of its own, signed by an authority, for servers (extendedKeyUsage serverAuth)",
        ),
    }
}

fn plain(error: &CertificateError) -> String {
    let text = error.to_string();
    // rustls shows what webpki said as `Other(OtherError(CaUsedAsEndEntity))`.
    if text.contains("CaUsedAsEndEntity") {
        return "it is the certificate of an authority, not of a server".to_owned();
    }
    text
}

fn name(told: &Told, presented: &[String]) -> LinkState {
    let host = told.address.host_and_port().map_or("this host", |(host, _)| host);
    let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
    let names = match names[..] {
        [] => "without any name".to_owned(),
        _ => format!("for {}", names.join(", ")),
    };
    waiting(
        "tls-name",
        format!("the certificate of {} is {names}, not for {host}", told.address),
        "write one of its names in url, or make a certificate for this one (subjectAltName)",
    )
}

/// rustls writes `DnsName("x")` and `IpAddress(::1)`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner.strip_suffix(')').unwrap_or(inner));
    inner.trim_matches('"')
}

fn unknown(told: &Told) -> LinkState {
    let reason = match &told.ca {
        Some(ca) => format!("the certificate of {} was not signed by {}", told.address, ca.display()),
        None => format!(
            "the certificate of {} was signed by an authority this system does not know",
            told.address
        ),
    };
    waiting("tls-unknown-ca", reason, "name the authority that signed it with ca = \"FILE.pem\"")
}

fn alerted(told: &Told, alert: AlertDescription) -> LinkState {
    let address = &told.address;
    match alert {
        AlertDescription::CertificateRequired => no_identity(told),
        AlertDescription::HandshakeFailure if !told.has_identity => no_identity(told),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError
            if told.has_identity =>
        {
            waiting(
                "client-certificate",
                format!("{address} does not accept our client certificate: {}", super::spoken(alert)),
                "use one that is in date and signed by the authority the broker knows",
            )
        }
        alert => waiting(
            "tls-failed",
            format!("{address} refused TLS: {}", super::spoken(alert)),
            "its log says more",
        ),
    }
}

fn no_identity(told: &Told) -> LinkState {
    waiting(
        "client-certificate",
        format!("{} asks for a client certificate", told.address),
        "set cert and key",
    )
}

fn date(time: UnixTime) -> String {
    iso(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs())).chars().take(10).collect()
}

/// A clock that was never set makes every certificate look wrong.
fn with_clock(hint: &str, now: SystemTime) -> String {
    if clock::is_plausible(now) {
        return hint.to_owned();
    }
    let today: String = iso(now).chars().take(10).collect();
    format!("set the clock of this machine first: it says {today}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rustls::pki_types::ServerName;

    use super::*;
    use crate::link::mqtt::Address;

    /// 21 November 2026.
    const NOW: u64 = 1_795_219_200;

    fn said(error: CertificateError, now_s: u64) -> (&'static str, String) {
        let address = Address::parse("mqtts://broker").unwrap_or_else(|_| panic!("an address"));
        let told = Told {
            address,
            user: None,
            has_identity: false,
            client_id: "x".into(),
            version: None,
            ca: Some(PathBuf::from("own.pem")),
            patience: Duration::from_secs(40),
        };
        let state = certificate(&told, &error, SystemTime::UNIX_EPOCH + Duration::from_secs(now_s));
        (state.code, format!("{}; {}", state.reason, state.hint))
    }

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn names_and_dates_are_the_certificates_own() {
        let expected = ServerName::try_from("broker").unwrap();
        let presented = vec![r#"DnsName("a.example")"#.to_owned(), "IpAddress(::1)".to_owned()];
        let (code, text) = said(CertificateError::NotValidForNameContext { expected, presented }, NOW);
        assert_eq!(code, "tls-name");
        assert!(text.contains("is for a.example, ::1, not for broker"), "{text}");
        let (code, text) =
            said(CertificateError::ExpiredContext { time: at(NOW), not_after: at(86_400) }, NOW);
        assert_eq!(code, "tls-expired");
        assert!(text.contains("until 1970-01-02; renew"), "{text}");
        let (code, text) = said(CertificateError::UnknownIssuer, NOW);
        assert_eq!(code, "tls-unknown-ca");
        assert!(text.contains("own.pem"), "{text}");
    }

    #[test]
    fn a_clock_that_was_never_set_is_the_first_suspect() {
        let error = CertificateError::NotValidYetContext { time: at(30), not_before: at(NOW) };
        let (code, text) = said(error, 30);
        assert_eq!(code, "tls-not-yet");
        assert!(text.contains("only from 2026-11-21"), "{text}");
        assert!(text.ends_with("set the clock of this machine first: it says 1970-01-01"), "{text}");
    }
}
