namespace Signaling.Actors.Presence;

/// <summary>What the <see cref="PresenceHub"/> knows of one peer: of one that registered here, is observed, or came or went lately.</summary>
internal sealed class PeerPresence
{
    private HashSet<PresenceObserver>? _observers;
    private long _lastChange;

    /// <summary>The number of what was announced of it last: whatever was announced before is void. Read by everybody who is told.</summary>
    public long LastChange
    {
        get => Volatile.Read(ref _lastChange);
        set => Volatile.Write(ref _lastChange, value);
    }

    /// <summary>The next change is to make the last one void.</summary>
    public bool IsRemembered { get; set; }

    /// <summary>The connection that registered as this peer last; null once it is announced that it went.</summary>
    public PresenceObserver? Own { get; set; }

    /// <summary>Those who have to do with it, or watch it.</summary>
    public IEnumerable<PresenceObserver> Observers => _observers ?? [];

    /// <summary>Nothing is known of it.</summary>
    public bool IsEmpty => !IsRemembered && Own is null && _observers is null;

    public void Add(PresenceObserver observer) => (_observers ??= []).Add(observer);

    public void Remove(PresenceObserver observer)
    {
        _observers?.Remove(observer);
        if (_observers is { Count: 0 }) _observers = null;
    }
}
