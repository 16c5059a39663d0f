// Bells by WebAudio and voices by the browser, when somebody turned sound on. Nothing ever waits for either.

import { byId } from "./page.js";

const PITCHES = [1, 0.8, 1.25, 0.95];

let context = null;
let on = false;
let bell = null;
const spoken = new Set();

/** Two notes, twenty times a second apart, as a bell of old. */
function strike(at, notes, length, loud) {
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loud, at + 0.02);
  gain.gain.setValueAtTime(loud, at + length - 0.05);
  gain.gain.linearRampToValueAtTime(0, at + length);
  gain.connect(context.destination);
  for (const hertz of notes) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start(at);
    tone.stop(at + length);
  }
}

function ring() {
  const now = context.currentTime;
  for (let beat = 0; beat < 12; beat += 1) strike(now + beat * 0.06, beat % 2 ? [1318] : [1046], 0.07, 0.05);
}

/** The bell while any phone rings; the caller's ringing tone is left to the imagination. */
export function soundBell(ringing) {
  if (!on || !ringing) {
    clearInterval(bell);
    bell = null;
    return;
  }
  if (bell === null) {
    ring();
    bell = setInterval(ring, 1800);
  }
}

/** Speak what a phone has begun to hear; a phone that hears nothing more falls silent. */
export function speakCaptions(phone, voice) {
  for (const line of phone.heard) {
    const key = `${phone.call}-${line.n}`;
    if (spoken.has(key)) continue;
    spoken.add(key);
    if (!on || line.until) continue;
    if (line.kind === "say" || line.kind === "voice") say(line, voice);
    if (line.kind === "beep") strike(context.currentTime, [1000], 0.35, 0.06);
  }
}

function say(line, voice) {
  if (!("speechSynthesis" in window)) return;
  const words = new SpeechSynthesisUtterance(line.text);
  words.lang = line.language || "en-US";
  words.pitch = PITCHES[voice % PITCHES.length];
  words.rate = 1.1;
  speechSynthesis.speak(words);
}

/** The Sound button. */
export function wireSound() {
  const button = byId("sound");
  button.addEventListener("click", () => {
    on = !on;
    button.setAttribute("aria-pressed", String(on));
    if (on) context = context || new AudioContext();
    else {
      soundBell(false);
      if ("speechSynthesis" in window) speechSynthesis.cancel();
    }
  });
}

/** Nobody is on the phone: what is still being said is stale. */
export function hush() {
  if (on && "speechSynthesis" in window && speechSynthesis.speaking) speechSynthesis.cancel();
}
