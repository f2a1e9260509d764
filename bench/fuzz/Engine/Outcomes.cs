using System.Runtime.InteropServices;

namespace Signaling.Fuzz.Engine;

/// <summary>How often each thing came of an input. A new combination of them is what guides the fuzzer, in place of the coverage of code.</summary>
internal sealed class Outcomes
{
    private readonly Dictionary<string, (int Number, long Count)> _all = [];
    private readonly HashSet<UInt128> _combinations = [];
    private UInt128 _current;

    /// <summary>All of them, by name.</summary>
    public IEnumerable<(string Name, long Count)> Counts => from outcome in _all orderby outcome.Key select (outcome.Key, outcome.Value.Count);

    /// <summary>The current input led to this.</summary>
    public void Add(string name)
    {
        ref var outcome = ref CollectionsMarshal.GetValueRefOrAddDefault(_all, name, out var isKnown);
        if (!isKnown) outcome.Number = _all.Count;
        outcome.Count++;
        _current |= UInt128.One << outcome.Number;                  // modulo 128: then two outcomes share a bit, and some combination is missed
    }

    /// <summary>The next input begins.</summary>
    /// <returns>Whether no input before led to what the one that ends led to.</returns>
    public bool EndInput()
    {
        var isNew = _combinations.Add(_current);
        _current = 0;
        return isNew;
    }
}
