//! HTTP for the library: WhatsApp's media servers, and nobody else.
//!
//! Requests go to hosts the service told, or to WhatsApp's own names; there is no redirect to follow and
//! no proxy to ask. A server that stalls is given up after [`limits::MEDIA_STALL`]. Files stream in both
//! directions: only answers to uploads and small questions are ever whole in memory.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{HeaderValue, Request, Response, Uri};
use ureq::{Agent, Body, SendBody};
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::wacore::net::{StreamingHttpResponse, UploadBody};
use whatsapp_rust::{anyhow, async_trait};

use crate::limits;

/// Names below which all hosts are WhatsApp's.
const OWN: [&str; 2] = [".whatsapp.net", ".whatsapp.com"];

/// A connection that does not come about within this is given up.
const CONNECT: Duration = Duration::from_secs(15);

/// The hosts the service told. Cheap to clone; all clones agree.
#[derive(Clone, Default)]
pub struct Hosts(Arc<Mutex<BTreeSet<String>>>);

impl Hosts {
    /// The service told these, with their ports where they have one.
    pub fn told(&self, hosts: impl IntoIterator<Item = String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(hosts);
    }

    fn has(&self, authority: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.contains(authority)
    }
}

/// The library's HTTP client.
pub struct MediaHttp {
    agent: Agent,
    hosts: Hosts,
}

impl MediaHttp {
    /// A client for those hosts.
    #[must_use]
    pub fn new(hosts: Hosts) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(limits::MEDIA_STALL))
            .timeout_per_write(Some(limits::MEDIA_STALL))
            .timeout_global(Some(limits::MEDIA_TRANSFER))
            .build()
            .into();
        Self { agent, hosts }
    }

    /// The request with its address checked. Its text carries a token: it is not told in errors.
    fn request<B>(&self, request: &HttpRequest, body: B) -> anyhow::Result<Request<B>> {
        let url = in_the_clear(&request.url);
        let uri: Uri = url.parse()?;
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let host = uri.host().unwrap_or_default();
        if !self.hosts.has(&authority) && !OWN.iter().any(|own| host.ends_with(own)) {
            anyhow::bail!("no request goes to {host}");
        }
        let method = request.method.as_str();
        let mut built = Request::builder().method(method).uri(uri);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        Ok(built.body(body)?)
    }

    fn call(&self, request: &HttpRequest) -> anyhow::Result<Response<Body>> {
        Ok(match &request.body {
            Some(body) => self.agent.run(self.request(request, &body[..])?)?,
            None if request.method == "POST" => self.agent.run(self.request(request, &[][..])?)?,
            None => self.agent.run(self.request(request, ())?)?,
        })
    }
}

/// The simulated media servers speak no TLS.
#[cfg(feature = "bench")]
fn in_the_clear(url: &str) -> String {
    let local = ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|host| url.starts_with(&format!("https://{host}")));
    if local {
        url.replacen("https://", "http://", 1)
    } else {
        url.to_owned()
    }
}

#[cfg(not(feature = "bench"))]
fn in_the_clear(url: &str) -> &str {
    url
}

/// An answer, whole; a longer one than [`limits::MEDIA_ANSWER_BYTES`] is an error.
fn whole(answer: Response<Body>) -> anyhow::Result<HttpResponse> {
    let status_code = answer.status().as_u16();
    let mut body = Vec::new();
    let most = limits::MEDIA_ANSWER_BYTES;
    let reader = answer.into_body().into_reader();
    reader.take(most + 1).read_to_end(&mut body)?;
    anyhow::ensure!(body.len() as u64 <= most, "the answer is too long");
    Ok(HttpResponse { status_code, body })
}

#[async_trait]
impl HttpClient for MediaHttp {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let client = Self {
            agent: self.agent.clone(),
            hosts: self.hosts.clone(),
        };
        let ask = move || whole(client.call(&request)?);
        tokio::task::spawn_blocking(ask).await?
    }

    fn supports_streaming(&self) -> bool {
        true
    }

    fn execute_streaming(&self, request: HttpRequest) -> anyhow::Result<StreamingHttpResponse> {
        let answer = self.call(&request)?;
        Ok(StreamingHttpResponse {
            status_code: answer.status().as_u16(),
            body: Box::new(answer.into_body().into_reader()),
        })
    }

    fn supports_upload_streaming(&self) -> bool {
        true
    }

    fn execute_upload(
        &self,
        request: HttpRequest,
        body: UploadBody,
        content_length: u64,
    ) -> anyhow::Result<HttpResponse> {
        let body = SendBody::from_owned_reader(body.take(content_length));
        let mut request = self.request(&request, body)?;
        // WhatsApp's servers take no chunks.
        let length = HeaderValue::from(content_length);
        let headers = request.headers_mut();
        headers.insert(ureq::http::header::CONTENT_LENGTH, length);
        whole(self.agent.run(request)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one request with `answer`; says what it was, head and body.
    fn serve(answer: &'static str) -> (String, thread::JoinHandle<(String, Vec<u8>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
                    length = told.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            (head, body)
        });
        (host, served)
    }

    fn client(host: &str) -> MediaHttp {
        let hosts = Hosts::default();
        hosts.told([host.to_owned()]);
        MediaHttp::new(hosts)
    }

    #[test]
    fn an_upload_streams_with_its_length_and_a_status_is_no_error() {
        let (host, served) = serve("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno");
        let body = Box::new(std::io::Cursor::new(vec![7_u8; 100_000]));
        let request = HttpRequest::post(format!("https://{host}/mms/image/x?auth=1"));
        let answer = client(&host)
            .execute_upload(request, body, 100_000)
            .unwrap();
        assert_eq!((answer.status_code, &*answer.body), (401, &b"no"[..]));
        let (head, body) = served.join().unwrap();
        assert!(head.starts_with("POST /mms/image/x?auth=1 "), "{head}");
        assert!(!head.to_lowercase().contains("chunked"), "{head}");
        assert_eq!(body.len(), 100_000);
    }

    #[test]
    fn a_download_streams() {
        let (host, served) = serve("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        let request = HttpRequest::get(format!("https://{host}/v/1"));
        let mut answer = client(&host).execute_streaming(request).unwrap();
        let mut body = String::new();
        answer.body.read_to_string(&mut body).unwrap();
        assert_eq!((answer.status_code, &*body), (200, "hello"));
        served.join().unwrap();
    }

    #[test]
    fn a_redirect_leads_nowhere() {
        let (host, served) = serve(
            "HTTP/1.1 302 Over there\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        );
        let request = HttpRequest::get(format!("https://{host}/v/1"));
        assert_eq!(
            client(&host)
                .execute_streaming(request)
                .unwrap()
                .status_code,
            302
        );
        served.join().unwrap();
    }

    #[test]
    fn nobody_else_is_asked() {
        let client = client("127.0.0.1:1");
        for url in [
            "https://127.0.0.1:2/",
            "https://example.org/",
            "https://whatsapp.net.example.org/",
            "https://user@example.org/.whatsapp.net",
            "nonsense",
        ] {
            let Err(refused) = client.call(&HttpRequest::get(url)) else {
                panic!("{url}")
            };
            assert!(!refused.to_string().contains("auth"), "{refused}");
        }
    }
}
