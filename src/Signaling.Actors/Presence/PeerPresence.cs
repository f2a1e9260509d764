namespace Signaling.Actors.Presence;

/// <summary>What the <see cref="PresenceHub"/> knows of one peer: of one that is here, is observed, or went lately.</summary>
internal sealed class PeerPresence
{
    private HashSet<PresenceObserver>? _observers;

    /// <summary>What was announced of it last.</summary>
    public PresenceChange? Last { get; set; }

    /// <summary>The connection that registered as this peer last; null once it is announced that it went.</summary>
    public PresenceObserver? Own { get; set; }

    /// <summary>Those who have to do with it, or watch it.</summary>
    public IEnumerable<PresenceObserver> Observers => _observers ?? [];

    /// <summary>Nothing is known of it.</summary>
    public bool IsEmpty => Last is null && Own is null && _observers is null;

    public void Add(PresenceObserver observer) => (_observers ??= []).Add(observer);

    public void Remove(PresenceObserver observer)
    {
        _observers?.Remove(observer);
        if (_observers is { Count: 0 }) _observers = null;
    }
}
