using System.Text.Json;
using CsCheck;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>What a recipient reads, against a reading of what the sender sent. The sender is registered as alice.</summary>
public sealed class RelaySpliceProperties
{
    private const string Now = "1700000000000";

    [Fact]
    public void The_relayed_object_reads_as_the_sent_one_but_for_its_sender() =>
        JsonTexts.Message.Sample(sent =>
        {
            var expected = Reading(Members(sent));
            if (NeedsTimestamp(expected)) expected["timestamp"] = Now;
            expected["from"] = "\"alice\"";

            var relayed = Reading(Members(Relay(sent)));

            Assert.Equal(expected.OrderBy(member => member.Key, StringComparer.Ordinal), relayed.OrderBy(member => member.Key, StringComparer.Ordinal));
        }, iter: 20_000);

    [Fact]
    public void Every_member_that_is_not_the_nodes_is_kept_byte_for_byte_and_in_order() =>
        JsonTexts.Message.Sample(sent =>
        {
            var members = Members(sent);
            var stamped = NeedsTimestamp(Reading(members));
            var expected = members.Where((member, i) => !IsCut(members, i) && !(stamped && member.Key == "timestamp")).Select(member => member.Text).ToList();
            expected.Add("\"from\":\"alice\"");
            if (stamped) expected.Add($"\"timestamp\":{Now}");

            var relayed = Members(Relay(sent));

            Assert.Equal(expected, relayed.Select(member => member.Text));
        }, iter: 20_000);

    [Fact]
    public void Whichever_key_a_parser_prefers_the_sender_recipient_and_type_are_the_ones_acted_upon() =>
        JsonTexts.Message.Sample(sent =>
        {
            var keys = Members(Relay(sent)).ConvertAll(member => member.Key);

            Assert.Single(keys, "from");
            Assert.True(keys.Count(key => key == "to") <= 1);
            Assert.True(keys.Count(key => key == "type") <= 1);
            Assert.True(keys.Count(key => key == "timestamp") <= 1);
        }, iter: 20_000);

    [Fact]
    public void Relaying_again_what_was_relayed_changes_nothing_but_the_place_of_its_sender() =>
        JsonTexts.Message.Sample(sent =>
        {
            var once = Relay(sent);

            var twice = Relay(once);

            Assert.Equal(
                Members(once).Select(member => member.Text).Order(StringComparer.Ordinal),
                Members(twice).Select(member => member.Text).Order(StringComparer.Ordinal));
        }, iter: 5_000);

    private static string Relay(string sent) =>
        Wire.Splice(sent, Wire.Peer("alice"), timestamp: 1_700_000_000_000);

    private static bool IsCut(List<(string Key, string Text, string Value)> members, int index) => members[index].Key switch
    {
        "from" => true,
        "to" or "type" or "timestamp" => members.FindLastIndex(member => member.Key == members[index].Key) != index,
        _ => false,
    };

    /// <summary>As JSON.parse: of repeated keys the last one counts.</summary>
    private static Dictionary<string, string> Reading(List<(string Key, string Text, string Value)> members)
    {
        var reading = new Dictionary<string, string>();
        foreach (var member in members) reading[member.Key] = member.Value;
        return reading;
    }

    private static List<(string Key, string Text, string Value)> Members(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateObject().Select(member => (KeyOf(member), member.ToString(), member.Value.GetRawText()))];
    }

    private static string KeyOf(JsonProperty member) => Text(() => member.Name) ?? member.ToString().Split(':')[0];

    /// <summary>Null for a lone surrogate, which .NET's reader answers with an exception.</summary>
    private static string? Text(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool NeedsTimestamp(Dictionary<string, string> reading)
    {
        if (!reading.TryGetValue("type", out var type) || !IsString(type, "message")) return false;
        if (!reading.TryGetValue("timestamp", out var text)) return true;
        using var timestamp = JsonDocument.Parse(text);
        return timestamp.RootElement.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False => true,
            JsonValueKind.String => text == "\"\"",
            JsonValueKind.Number => timestamp.RootElement.GetDouble() == 0,
            _ => false,
        };
    }

    private static bool IsString(string json, string expected)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.String && Text(document.RootElement.GetString) == expected;
    }
}
