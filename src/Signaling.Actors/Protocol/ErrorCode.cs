namespace Signaling.Actors.Protocol;

/// <summary>Why an input was not accepted: the stable <c>code</c> of an <c>error</c> message, and the sentence that goes with it.</summary>
/// <param name="Code">Kebab-case, never renamed, never reused. Listed with an example each in <c>docs/protocol.md</c>.</param>
/// <param name="Text">Begins with the original server's text where it has one.</param>
public sealed record ErrorCode(string Code, string Text)
{
    private const string IdRule = "a string of 1 to 256 characters without control characters";

    /// <summary>The bytes are not JSON. Do not retry.</summary>
    public static readonly ErrorCode InvalidJson = new("invalid-json", "Invalid message format: not valid JSON");

    /// <summary>Valid JSON, but not an object. Do not retry.</summary>
    public static readonly ErrorCode NotAnObject = new("not-an-object", "Invalid message format: a message is one JSON object");

    /// <summary>A binary message that is not UTF-8 (a text message that is not closes with 1007). Do not retry.</summary>
    public static readonly ErrorCode InvalidUtf8 = new("invalid-utf8", "Invalid message format: not valid UTF-8");

    /// <summary>Nested deeper than <see cref="Envelope.MaxDepth"/>. Do not retry.</summary>
    public static readonly ErrorCode TooDeep = new("too-deep", $"Invalid message format: nested deeper than {Envelope.MaxDepth} levels");

    /// <summary>No type that a client may send. Do not retry.</summary>
    public static readonly ErrorCode UnknownType = new("unknown-type", "Unknown message type: ");

    /// <summary><c>register</c> without <c>peerId</c>. Do not retry.</summary>
    public static readonly ErrorCode PeerIdRequired = new("peer-id-required", "peerId is required");

    /// <summary><c>peerId</c> breaks the rule of <see cref="PeerId"/>. Do not retry.</summary>
    public static readonly ErrorCode InvalidPeerId = new("invalid-peer-id", $"peerId is required to be {IdRule}");

    /// <summary><c>deviceType</c> is no short string. Do not retry.</summary>
    public static readonly ErrorCode InvalidDeviceType = new("invalid-device-type",
        $"Invalid \"deviceType\" field: it must be a string of at most {Device.MaxTypeLength} characters without control characters");

    /// <summary><c>deviceInfo</c> is too large or too deep. Do not retry.</summary>
    public static readonly ErrorCode InvalidDeviceInfo = new("invalid-device-info",
        $"Invalid \"deviceInfo\" field: it must be at most {Device.MaxInfoBytes} bytes and nested at most {Device.MaxInfoDepth} levels deep");

    /// <summary>The connection holds as many ids as it may. Retry on another connection.</summary>
    public static readonly ErrorCode TooManyAliases = new("too-many-aliases", "This connection has as many peer ids as it may have; unregister, or open another");

    /// <summary><c>register</c>'s <c>token</c> or <c>proof</c> is none. Do not retry.</summary>
    public static readonly ErrorCode InvalidCredentials = new("invalid-credentials",
        "Invalid \"token\" or \"proof\" field: a string of at most 8,192 characters; an object of the strings algorithm, key, audience, nonce, signature, with key and signature in base64url");

    /// <summary>The node lets in who proves that it may, and this <c>register</c> brought nothing. Retry with it.</summary>
    public static readonly ErrorCode AuthRequired = new("auth-required", "Not registered: this node asks for ");

    /// <summary>What <c>register</c> brought does not let the client have this peerId; the connection closes with 4003. Do not retry unchanged.</summary>
    public static readonly ErrorCode Unauthorized = new("unauthorized", "Not registered: ");

    /// <summary>Nobody can say now whether the client may. Retry later.</summary>
    public static readonly ErrorCode AuthUnavailable = new("auth-unavailable", "Not registered: it cannot be found out now whether you may; try again later");

    /// <summary>The token that a peerId of the connection was registered with has expired; the connection closes with 4003. Reconnect with another.</summary>
    public static readonly ErrorCode AuthExpired = new("auth-expired", "The token that this connection registered with has expired");

    /// <summary>The client may not see or send to this peer. Do not retry.</summary>
    public static readonly ErrorCode OutOfReach = new("out-of-reach", "This connection may not see or send to that peer");

    /// <summary>A message before <c>register</c>. Register, then retry.</summary>
    public static readonly ErrorCode NotRegistered = new("not-registered", "Not registered: send \"register\" with a peerId first");

    /// <summary>A relayed message without <c>to</c>. Do not retry.</summary>
    public static readonly ErrorCode MissingTo = new("missing-to", "Missing \"to\" field");

    /// <summary>A <c>message</c> without <c>to</c>; the same code as <see cref="MissingTo"/>, and the original's other text. Do not retry.</summary>
    public static readonly ErrorCode MissingToOfMessage = new("missing-to", "Missing \"to\" or \"payload\" field: \"to\" is missing");

    /// <summary>A <c>message</c> without <c>payload</c>. Do not retry.</summary>
    public static readonly ErrorCode MissingPayload = new("missing-payload", "Missing \"to\" or \"payload\" field: \"payload\" is missing");

    /// <summary><c>to</c> breaks the rule of <see cref="PeerId"/>. Do not retry.</summary>
    public static readonly ErrorCode InvalidTo = new("invalid-to", $"Invalid \"to\" field: it must be {IdRule}");

    /// <summary><c>"receipt": true</c> without a string <c>id</c> of at most 256 bytes. Do not retry.</summary>
    public static readonly ErrorCode ReceiptNeedsId = new("receipt-needs-id", "A receipt needs an \"id\" field: a string of at most 256 bytes");

    /// <summary>An <c>ack</c> without a <c>seq</c>, of one that was never sent, or of an id that this connection did not register with acks. Do not retry.</summary>
    public static readonly ErrorCode InvalidAck = new("invalid-ack", "Invalid \"seq\" field: it must be one that this connection was sent, for a peerId registered with \"acks\": true");

    /// <summary><c>presence</c> is no scope. Do not retry.</summary>
    public static readonly ErrorCode InvalidPresence = new("invalid-presence", "Invalid \"presence\" field: it must be \"all\", \"related\", \"watched\" or \"none\"");

    /// <summary><c>watch</c> or <c>unwatch</c> without a list of ids. Do not retry.</summary>
    public static readonly ErrorCode InvalidPeers = new("invalid-peers", $"Invalid \"peers\" field: it must be an array of peer ids, each {IdRule}");

    /// <summary>The connection watches as many peers as it may. Unwatch some, then retry.</summary>
    public static readonly ErrorCode TooManyWatched = new("too-many-watched", "This connection would watch more peers than it may; unwatch some. The limit is ");

    /// <summary><c>watch</c> on a connection that registered to be told of nobody. Register with another scope, then retry.</summary>
    public static readonly ErrorCode PresenceIsOff = new("presence-off", "This connection registered with \"presence\": \"none\"; register with another scope to watch peers");

    /// <summary><c>get-peers</c> with a <c>limit</c>, <c>after</c> or <c>deviceType</c> that means nothing. Do not retry.</summary>
    public static readonly ErrorCode InvalidPage = new("invalid-page", "Invalid \"limit\", \"after\" or \"deviceType\" field: a whole number from 1, a peer id, a device type");

    /// <summary>Above the node's limit; the connection closes with 1009. Do not retry.</summary>
    public static readonly ErrorCode MessageTooLarge = new("message-too-large", "Message too large: the limit in bytes is ");

    /// <summary>More than a client may do; <c>retryAfterMs</c> says when it would be accepted. Retry then.</summary>
    public static readonly ErrorCode RateLimited = new("rate-limited", "Too fast: not accepted; ");

    /// <summary>The recipient is away and the message could not be stored. Retry later.</summary>
    public static readonly ErrorCode StoreUnavailable = new("store-unavailable", "The recipient is away and the message could not be stored; try again later");

    /// <summary>What is kept for the peer that registers cannot be read; the same code as <see cref="StoreUnavailable"/>. Retry later.</summary>
    public static readonly ErrorCode MailboxUnreadable = new("store-unavailable", "Not registered: what is kept for this peerId cannot be read; try again later");

    /// <summary>The recipient is away, and no more may be stored: by this sender, for this recipient, or at all. Retry later.</summary>
    public static readonly ErrorCode MailboxQuota = new("mailbox-quota", "The recipient is away and no more may be stored for it now; try again later");

    /// <summary>The recipient is here, but more waits for it than the node holds for one peer. Retry later.</summary>
    public static readonly ErrorCode RecipientBusy = new("recipient-busy", "Too much is waiting for this recipient; try again later");
}
