/** 8 random bytes in hexadecimal. (crypto.randomUUID is there on https:// and localhost only; a phone comes over plain http://.) */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
