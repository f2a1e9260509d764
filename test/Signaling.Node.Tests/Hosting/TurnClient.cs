using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Signaling.Node.Tests.Hosting;

/// <summary>As much of a TURN client, over TCP, as shows whether a server takes credentials (RFC 8656, with the long-term credentials of RFC 8489 §9.2).</summary>
/// <remarks>Its requests answer the server's error code, or <see cref="Success"/>.</remarks>
public sealed class TurnClient : IAsyncDisposable
{
    public const int Success = 0;

    /// <summary>Of a request whose credentials the server does not take.</summary>
    public const int Unauthorized = 401;

    private const int HeaderBytes = 20, IntegrityBytes = 24;
    private const uint MagicCookie = 0x2112_A442;

    private readonly TcpClient _connection = new();
    private readonly string _username;
    private readonly string _password;
    private byte[] _realm = [];
    private byte[] _nonce = [];

    private TurnClient(string username, string password) => (_username, _password) = (username, password);

    private enum Method : ushort
    {
        Allocate = 0x003, CreatePermission = 0x008,
    }

    private enum Attribute : ushort
    {
        Username = 0x0006, MessageIntegrity = 0x0008, ErrorCode = 0x0009, XorPeerAddress = 0x0012, Realm = 0x0014, Nonce = 0x0015, RequestedTransport = 0x0019,
    }

    /// <param name="port">Where the server listens on loopback.</param>
    /// <param name="username">As the node made it.</param>
    /// <param name="password">The credential, likewise.</param>
    public static async Task<TurnClient> ConnectAsync(int port, string username, string password)
    {
        var client = new TurnClient(username, password);
        await client._connection.ConnectAsync(IPAddress.Loopback, port);
        return client;
    }

    /// <summary>Asks for an address that relays to this client: first without credentials, since the server says then what to sign with.</summary>
    public async Task<int> AllocateAsync()
    {
        byte[] transport = Encode(Attribute.RequestedTransport, [17, 0, 0, 0]); // UDP
        var (refused, answer) = await RequestAsync(Message(Method.Allocate, transport));
        Assert.Equal(Unauthorized, refused);
        (_realm, _nonce) = (answer[Attribute.Realm], answer[Attribute.Nonce]);
        return (await RequestAsync(Signed(Method.Allocate, transport))).Code;
    }

    /// <summary>Asks for leave to exchange packets with a host.</summary>
    public async Task<int> PermitAsync(IPAddress host)
    {
        var xored = BinaryPrimitives.ReadUInt32BigEndian(host.GetAddressBytes()) ^ MagicCookie;
        return (await RequestAsync(Signed(Method.CreatePermission, Encode(Attribute.XorPeerAddress, [0, 1, 0, 0, .. BigEndian(xored)])))).Code;
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private byte[] Signed(Method method, byte[] attribute)
    {
        byte[] attributes = [.. attribute, .. Encode(Attribute.Username, Encoding.UTF8.GetBytes(_username)), .. Encode(Attribute.Realm, _realm), .. Encode(Attribute.Nonce, _nonce)];
        byte[] key = [.. Encoding.UTF8.GetBytes(_username + ":"), .. _realm, .. Encoding.UTF8.GetBytes(":" + _password)];
        var message = Message(method, attributes, lengthMore: IntegrityBytes);
#pragma warning disable CA5350, CA5351 // RFC 8489 §9.2.2 prescribes MD5 and §14.5 HMAC-SHA1.
        return [.. message, .. Encode(Attribute.MessageIntegrity, HMACSHA1.HashData(MD5.HashData(key), message))];
#pragma warning restore CA5350, CA5351
    }

    /// <param name="method">What is asked for.</param>
    /// <param name="attributes">Encoded.</param>
    /// <param name="lengthMore">Bytes of attributes that follow.</param>
    private static byte[] Message(Method method, byte[] attributes, int lengthMore = 0) =>
        [.. BigEndian((ushort)method), .. BigEndian((ushort)(attributes.Length + lengthMore)), .. BigEndian(MagicCookie), .. RandomNumberGenerator.GetBytes(12), .. attributes];

    private static byte[] Encode(Attribute type, byte[] value) =>
        [.. BigEndian((ushort)type), .. BigEndian((ushort)value.Length), .. value, .. new byte[-value.Length & 3]];

    private static byte[] BigEndian(ushort value) => [(byte)(value >> 8), (byte)value];

    private static byte[] BigEndian(uint value) => [.. BigEndian((ushort)(value >> 16)), .. BigEndian((ushort)value)];

    private async Task<(int Code, Dictionary<Attribute, byte[]> Attributes)> RequestAsync(byte[] request)
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        var stream = _connection.GetStream();
        await stream.WriteAsync(request, patience.Token);
        var header = new byte[HeaderBytes];
        await stream.ReadExactlyAsync(header, patience.Token);
        Assert.Equal(request[4..HeaderBytes], header[4..]);         // the answer to this request
        var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2))];
        await stream.ReadExactlyAsync(body, patience.Token);

        var attributes = Decode(body);
        if (!attributes.TryGetValue(Attribute.ErrorCode, out var error))
        {
            Assert.Equal(BinaryPrimitives.ReadUInt16BigEndian(request) | 0x0100, BinaryPrimitives.ReadUInt16BigEndian(header)); // a success
            return (Success, attributes);
        }
        return ((error[2] * 100) + error[3], attributes);
    }

    private static Dictionary<Attribute, byte[]> Decode(ReadOnlySpan<byte> body)
    {
        var attributes = new Dictionary<Attribute, byte[]>();
        while (body.Length > 0)
        {
            var (type, length) = ((Attribute)BinaryPrimitives.ReadUInt16BigEndian(body), BinaryPrimitives.ReadUInt16BigEndian(body[2..]));
            attributes[type] = body.Slice(4, length).ToArray();
            body = body[(4 + length + (-length & 3))..];
        }
        return attributes;
    }
}
