//! What is done and asked in the guest, through its shell: the package, the service, its figures.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::console::Console;

/// What a person waits for a command, on an emulated board on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Configuring packages, starting services.
pub const LONG_PATIENCE: Duration = Duration::from_secs(600);

/// Where the card has what the walk put on it before the first boot.
pub const LUGGAGE: &str = "/srv";

/// The way to the simulated service: it runs outside, because WhatsApp does not lose its power with the
/// box, and pairbox speaks without TLS to a loopback address only. So systemd's own proxy takes its place.
const WAY: [(&str, &str); 2] = [
    (
        "whatsapp.socket",
        "[Socket]\\nListenStream=127.0.0.1:PORT\\n[Install]\\nWantedBy=sockets.target\\n",
    ),
    (
        "whatsapp.service",
        "[Service]\\nExecStart=/usr/lib/systemd/systemd-socket-proxyd 10.0.2.2:PORT\\n",
    ),
];

/// Installs the package as a person does, and waits until its service runs.
pub fn install(console: &mut Console) -> Result<String> {
    let said = console.run(
        &format!("DEBIAN_FRONTEND=noninteractive apt-get install -y {LUGGAGE}/pairbox.deb"),
        LONG_PATIENCE,
    )?;
    wait_active(console)?;
    Ok(said)
}

/// Waits until systemd was told that the service is ready.
pub fn wait_active(console: &mut Console) -> Result<()> {
    let waits = "for i in $(seq 300); do systemctl is-active -q pairbox && break; sleep 1; done; \
                 systemctl is-active pairbox || { systemctl status -l --no-pager pairbox; false; }";
    console.run(waits, LONG_PATIENCE).map(drop)
}

/// Puts the copy with the other root in the program's place, and the simulated service in WhatsApp's.
/// Returns how many bytes of the installed file differ now.
pub fn turn_to(console: &mut Console, port: u16) -> Result<usize> {
    let differ = console.run(
        &format!("cmp -l /usr/bin/pairbox {LUGGAGE}/pairbox | wc -l"),
        PATIENCE,
    )?;
    let differ: usize = differ.trim().parse().context(differ)?;
    ensure!(
        (1..=32).contains(&differ),
        "{differ} bytes of the program were exchanged"
    );
    console.run("systemctl stop pairbox", PATIENCE)?;
    console.run(&format!("cp {LUGGAGE}/pairbox /usr/bin/pairbox"), PATIENCE)?;
    for (name, unit) in WAY {
        let unit = unit.replace("PORT", &port.to_string());
        console.run(
            &format!("printf '{unit}' >/etc/systemd/system/{name}"),
            PATIENCE,
        )?;
    }
    let edit = format!(
        "sed -i -e 's|^#endpoint = .*|endpoint = \"ws://127.0.0.1:{port}/ws/chat\"|' \
         -e 's|^#version_url = .*|version_url = \"http://127.0.0.1:{port}/sw.js\"|' /etc/pairbox/pairbox.toml"
    );
    console.run(&edit, PATIENCE)?;
    console.run(
        "systemctl daemon-reload && systemctl enable --now whatsapp.socket",
        PATIENCE,
    )?;
    // What a person would have done long before the first power cut.
    console.run("sync; systemctl start pairbox", LONG_PATIENCE)?;
    wait_active(console)?;
    Ok(differ)
}

/// Waits for the network that the emulated adapter brings.
pub fn wait_network(console: &mut Console) -> Result<()> {
    let waits = "for i in $(seq 120); do ip route | grep -q default && break; sleep 1; done; \
                 ip route | grep default || { networkctl --no-pager; false; }";
    console.run(waits, PATIENCE).map(drop)
}

/// Waits until the watchdog was fed once more.
pub fn wait_fed(console: &mut Console) -> Result<()> {
    let waits = "fed() { systemctl show pairbox -P WatchdogTimestampMonotonic; }; then=$(fed); \
                 for i in $(seq 120); do [ \"$(fed)\" != \"$then\" ] && break; sleep 1; done; [ \"$(fed)\" != \"$then\" ]";
    console
        .run(waits, PATIENCE)
        .map(drop)
        .context("the watchdog was not fed")
}

/// What systemd and the kernel say about the service.
pub struct Condition {
    /// `VmRSS` of the process, kB.
    pub rss_kb: u64,
    /// `VmHWM`: the most it ever was, kB.
    pub rss_peak_kb: u64,
    /// How often systemd had to start it again.
    pub restarts: u64,
    /// What the service says of itself.
    pub status: String,
    /// From the kernel's start to `READY=1`, ms.
    pub ready_ms: u64,
    /// What its log has to complain about.
    pub complaints: String,
}

impl Condition {
    /// Asks.
    pub fn of(console: &mut Console) -> Result<Self> {
        let mut show = |property: &str| -> Result<String> {
            console.run(&format!("systemctl show pairbox -P {property}"), PATIENCE)
        };
        let restarts = number(&show("NRestarts")?)?;
        let status = show("StatusText")?;
        let ready_ms = number(&show("ActiveEnterTimestampMonotonic")?)? / 1000;
        let pid = show("MainPID")?;
        let mut memory = |name: &str| -> Result<u64> {
            let said = console.run(
                &format!("awk '/^{name}:/{{print $2}}' /proc/{pid}/status"),
                PATIENCE,
            )?;
            number(&said)
        };
        Ok(Self {
            rss_kb: memory("VmRSS")?,
            rss_peak_kb: memory("VmHWM")?,
            restarts,
            status,
            ready_ms,
            complaints: console.run(
                "journalctl -b -q -o cat -p warning -u pairbox | tail -20",
                PATIENCE,
            )?,
        })
    }
}

fn number(text: &str) -> Result<u64> {
    text.trim()
        .parse()
        .with_context(|| format!("no number: {text}"))
}

/// The line with which systemd sums up how exposed the service is.
pub fn exposure(console: &mut Console) -> Result<String> {
    console.run(
        "LC_ALL=C systemd-analyze security --no-pager pairbox | tail -n 1",
        PATIENCE,
    )
}

/// Kernel, systemd and file system, in a line.
pub fn system(console: &mut Console) -> Result<String> {
    console.run(
        "echo \"$(. /etc/os-release; echo $PRETTY_NAME), Linux $(uname -r) $(uname -m), $(systemctl --version | head -n 1), \
         $(tr -d '\\0' </sys/firmware/devicetree/base/model)\"",
        PATIENCE,
    )
}
