// Two soft notes, made here: nothing to load. A browser lets a page sound only once somebody has touched it.

let audio = null;

export function wakeSound() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

export function chime() {
  wakeSound();
  for (const [pitch, after] of [[659.3, 0], [880, 0.16]]) {
    const at = audio.currentTime + after;
    const [tone, loudness] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.25, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.65);
  }
}
