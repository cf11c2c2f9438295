// What a phone is linked with: the QR, the code to type, their countdowns and the way through
// WhatsApp's menus.

function drawPairing(card, session, age) {
  const part = (name) => card.querySelector(`.${name}`);
  const pairing = session.pairing;
  const visible = Boolean(pairing) && !silent();
  const scan = visible && may("read") && pairing.seq !== null;
  const typed = visible && Boolean(pairing.code);
  part("pairing").hidden = !scan && !typed;
  part("steps").hidden = !scan && !typed;
  part("steps").dataset.way = scan && typed ? "either" : typed ? "type" : "scan";
  drawTyped(part, typed ? pairing : null, age);
  drawScan(card, part, scan ? session : null, age);
}

function drawTyped(part, pairing, age) {
  part("typed").hidden = !pairing;
  if (!pairing) {
    put(part("typed-code"), "");
    return;
  }
  put(part("typed-code"), pairing.code);
  const left = pairing.code_expires_in_ms - age;
  put(part("typed-left"), left > 0 ? `Good for another ${clock(left)}` : "This code has run out");
}

function drawScan(card, part, session, age) {
  const qr = part("qr");
  part("scan").hidden = !session;
  if (!session) {
    forget(qr);
    delete qr.dataset.seq;
    qr.hidden = true;
    return;
  }
  const pairing = session.pairing;
  const left = Math.max(0, pairing.expires_in_ms - age);
  if (left > 0 && qr.dataset.seq !== String(pairing.seq) && !qr.dataset.loading) loadQr(card, qr, session);
  const shown = left > 0 && qr.dataset.seq === String(pairing.seq);
  qr.hidden = !shown;
  part("no-qr").hidden = shown;
  part("countdown-bar").style.transform = `scaleX(${Math.min(1, left / pairing.lifetime_ms)})`;
  put(part("countdown-text"), countdown(pairing, left));
}

function countdown(pairing, left) {
  if (left === 0) return pairing.remaining === 0 ? "No more codes" : "Waiting for the next code";
  return pairing.remaining === 0 ? `The last code, good for ${clock(left)}` : `New code in ${clock(left)}`;
}

async function loadQr(card, qr, session) {
  const seq = String(session.pairing.seq);
  qr.dataset.loading = seq;
  const got = await show(qr, `/api/v1/sessions/${session.id}/qr?format=svg`);
  delete qr.dataset.loading;
  const now = known(session.id);
  // It may be another one by now, or none: then it is not put up under the wrong countdown.
  if (got === 200 && now && now.pairing && String(now.pairing.seq) === seq) {
    qr.dataset.seq = seq;
    draw();
    fitDots(qr);
  } else {
    forget(qr);
  }
}
