namespace Signaling.Crash;

/// <summary>A message of a run.</summary>
/// <param name="From">Its sender.</param>
/// <param name="To">Its recipient.</param>
/// <param name="Number">Rises with each message of the sender, to whomever.</param>
internal readonly record struct Message(string From, string To, int Number);
