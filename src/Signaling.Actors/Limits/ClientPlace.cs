namespace Signaling.Actors.Limits;

/// <summary>A client's place among those that are connected, until it is disposed.</summary>
public sealed class ClientPlace : IDisposable
{
    private readonly Admission _admission;
    private int _isLeft;

    internal ClientPlace(Admission admission, AddressUsage? address) => (_admission, Address) = (admission, address);

    /// <summary>What it shares with others of its address; null where that is not counted.</summary>
    internal AddressUsage? Address { get; }

    /// <summary>The connection has ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isLeft, 1) == 0) _admission.Leave(Address);
    }
}
