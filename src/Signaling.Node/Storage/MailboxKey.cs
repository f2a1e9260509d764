using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>The number by which the database knows a mailbox: a third of the size of a peer id, which makes it cheap to index. From SHA-256, so that nobody finds an id
/// with the number of another's; and where two had the same, no message would be delivered to the wrong one: <see cref="MessageChecksum"/> covers the id.</summary>
internal static class MailboxKey
{
    private const int MaxIdBytes = 1_024;

    public static long Of(PeerId peer)
    {
        Span<byte> id = stackalloc byte[MaxIdBytes];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id[..Encoding.UTF8.GetBytes(peer.Value, id)], hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }
}
