//! One HTTP request to a hub, with the account or token and the trust of its endpoint.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONNECTION, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::time::timeout;

use super::{ClientError, Target};

/// Writing a part of an import takes a small machine some seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// Answers are short; refused lines are a hundred at most.
const LONGEST_ANSWER: usize = 4 << 20;

/// Sends a request to `path` and returns what the hub answered, which is JSON.
pub async fn send(target: &Target, method: Method, path: &str, body: Vec<u8>) -> Result<Value, ClientError> {
    let (at, answer) = ask(target, method, path, body).await?;
    let broken = |error: &dyn std::fmt::Display| ClientError::Broken(format!("{at}: {error}"));
    let slow = |_| ClientError::Slow { at: at.clone(), seconds: PATIENCE.as_secs() };
    let body = timeout(PATIENCE, Limited::new(answer.into_body(), LONGEST_ANSWER).collect()).await;
    let body = body.map_err(slow)?.map_err(|error| broken(&error))?.to_bytes();
    serde_json::from_slice(&body).map_err(|error| broken(&error))
}

/// Fetches a file and hands on its pieces; `take` says whether it wants more.
pub async fn fetch(
    target: &Target,
    path: &str,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<(), ClientError> {
    let (at, answer) = ask(target, Method::GET, path, Vec::new()).await?;
    let mut body = answer.into_body();
    loop {
        let slow = |_| ClientError::Slow { at: at.clone(), seconds: PATIENCE.as_secs() };
        match timeout(PATIENCE, body.frame()).await.map_err(slow)? {
            None => return Ok(()),
            Some(Err(error)) => return Err(ClientError::Broken(format!("{at}: {error}"))),
            Some(Ok(frame)) => {
                if frame.into_data().is_ok_and(|piece| !take(&piece)) {
                    return Ok(());
                }
            }
        }
    }
}

/// Sends a request, and waits for the beginning of an answer that is no refusal.
async fn ask(
    target: &Target,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<(String, Response<Incoming>), ClientError> {
    let mut target = target.clone();
    path.clone_into(&mut target.address.path);
    let at = target.address.to_string();
    let broken = |error: &dyn std::fmt::Display| ClientError::Broken(format!("{at}: {error}"));
    let wire = super::wire(&target).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(wire)).await.map_err(|error| broken(&error))?;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, target.address.authority())
        .header(CONNECTION, "close");
    if let Some(credential) = super::credential(&target).map_err(|error| broken(&error))? {
        request = request.header(AUTHORIZATION, credential);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| broken(&error))?;
    // It ends when the answer is there, or with an error that the answer has, too.
    tokio::spawn(connection);
    let slow = |_| ClientError::Slow { at: at.clone(), seconds: PATIENCE.as_secs() };
    let answer = timeout(PATIENCE, sender.send_request(request)).await.map_err(slow)?;
    let answer = answer.map_err(|error| broken(&error))?;
    let status = answer.status();
    if status.is_success() {
        return Ok((at, answer));
    }
    let body =
        timeout(PATIENCE, Limited::new(answer.into_body(), LONGEST_ANSWER).collect()).await.map_err(slow)?;
    let body = body.map_err(|error| broken(&error))?.to_bytes();
    Err(refused(&at, status, serde_json::from_slice(&body).ok().as_ref(), &body))
}

fn refused(at: &str, status: StatusCode, told: Option<&Value>, body: &[u8]) -> ClientError {
    let text = |key: &str| told.and_then(|told| told[key].as_str());
    let answer = match (text("error"), text("hint")) {
        (Some(error), Some(hint)) => format!("{error}; {hint}"),
        _ => String::from_utf8_lossy(body).trim().chars().take(300).collect(),
    };
    ClientError::Refused { at: at.to_owned(), status, answer }
}
