namespace Signaling.AspNetCore.Transport;

/// <summary>What a frame is (RFC 6455 §5.2). Values 3 to 7 and 11 to 15 are reserved.</summary>
internal enum Opcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
