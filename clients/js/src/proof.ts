/** A key that a peer id is bound to, where the node runs with `Auth:Mode=Keys`. */
export interface PeerKey {
  readonly algorithm: 'Ed25519' | 'ES256';
  /** Ed25519: 32 bytes. ES256: the uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** Signs the UTF-8 of a text: 64 bytes, or DER with ES256. */
  sign(text: string): Promise<Uint8Array> | Uint8Array;
}

/** A key pair of WebCrypto: Ed25519, or ECDSA on P-256. */
export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

export async function peerKeyOf(pair: KeyPair): Promise<PeerKey> {
  const { name } = pair.privateKey.algorithm;
  return {
    algorithm: name === 'Ed25519' ? 'Ed25519' : 'ES256',
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    sign: async (text) => new Uint8Array(await crypto.subtle.sign({ name, hash: 'SHA-256' }, pair.privateKey, new TextEncoder().encode(text))),
  };
}

/** The peer id that belongs to a key for ever: `key:` and the SHA-256 of the public key. */
export async function peerIdOf(key: PeerKey | KeyPair): Promise<string> {
  const { publicKey } = await toPeerKey(key);
  return `key:${base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey as BufferSource)))}`;
}

/** The member `proof` of a `register`. */
export async function prove(key: PeerKey | KeyPair, audience: string, nonce: string, peerId: string): Promise<object> {
  const { algorithm, publicKey, sign } = await toPeerKey(key);
  const signature = await sign(['signaling-node register', audience, nonce, peerId].join('\n'));
  return { algorithm, key: base64url(publicKey), audience, nonce, signature: base64url(signature) };
}

const toPeerKey = (key: PeerKey | KeyPair) => ('sign' in key ? key : peerKeyOf(key));

const base64url = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
