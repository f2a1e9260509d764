
namespace Signaling.Actors.Tests.Protocol;

/// <summary>Messages of alice, relayed at time 1700000000000.</summary>
public sealed class RelaySpliceSpecs
{
    [Theory]
    [InlineData("""{"type":"offer","to":"bob","sdp":"v=0"}""", """{"type":"offer","to":"bob","sdp":"v=0","from":"alice"}""")]
    [InlineData("{}", """{"from":"alice"}""")]
    [InlineData("{ }", """{ "from":"alice"}""")]
    [InlineData(" {\n}\n", " {\n\"from\":\"alice\"}")]
    public void The_sender_is_added_where_the_client_names_none(string sent, string relayed) => Assert.Equal(relayed, Relay(sent));

    [Theory]
    [InlineData("""{"from":"eve","type":"offer","to":"bob"}""", """{"type":"offer","to":"bob","from":"alice"}""")]
    [InlineData("""{"type":"offer","from":"eve","to":"bob"}""", """{"type":"offer","to":"bob","from":"alice"}""")]
    [InlineData("""{"type":"offer","to":"bob","from":"eve"}""", """{"type":"offer","to":"bob","from":"alice"}""")]
    [InlineData("""{"from":"eve"}""", """{"from":"alice"}""")]
    [InlineData("""{"from":"eve","from":"mallory"}""", """{"from":"alice"}""")]
    [InlineData("""{"from":1,"a":2,"from":3,"b":4,"from":5}""", """{"a":2,"b":4,"from":"alice"}""")]
    [InlineData("""{"a":1,"from":"eve","from":"mallory"}""", """{"a":1,"from":"alice"}""")]
    [InlineData("""{"\u0066rom":"eve","a":1}""", """{"a":1,"from":"alice"}""")]
    [InlineData("""{"a":1,"\u0066\u0072\u006f\u006D":"eve"}""", """{"a":1,"from":"alice"}""")]
    [InlineData("""{"from":"eve","fr\u006fm":"mallory","a":1}""", """{"a":1,"from":"alice"}""")]
    [InlineData("""{"from":{"from":["}",{"from":1}]},"a":1}""", """{"a":1,"from":"alice"}""")]
    [InlineData("""{"from":null,"a":{"from":"kept"}}""", """{"a":{"from":"kept"},"from":"alice"}""")]
    public void A_sender_that_the_client_claims_is_replaced(string sent, string relayed) => Assert.Equal(relayed, Relay(sent));

    [Theory]
    [InlineData("""{"type":"offer","to":"bob","type":"answer"}""", """{"to":"bob","type":"answer","from":"alice"}""")]
    [InlineData("""{"to":"bob","type":"offer","to":"carol"}""", """{"type":"offer","to":"carol","from":"alice"}""")]
    [InlineData("""{"to":1,"to":2,"to":3}""", """{"to":3,"from":"alice"}""")]
    [InlineData("""{"to":1,"\u0074o":2}""", """{"\u0074o":2,"from":"alice"}""")]
    [InlineData("""{"timestamp":1,"a":1,"timestamp":2}""", """{"a":1,"timestamp":2,"from":"alice"}""")]
    [InlineData("""{"type":"x","from":"eve","type":"offer","to":"a","to":"b"}""", """{"type":"offer","to":"b","from":"alice"}""")]
    public void Of_a_repeated_type_or_recipient_only_the_one_acted_upon_is_relayed(string sent, string relayed) => Assert.Equal(relayed, Relay(sent));

    [Theory]
    [InlineData("\r\n{\t\"a\" :\n1 ,\r\n \"b\": [ 1 , 2 ]\t}\n", "\r\n{\t\"a\" :\n1 ,\r\n \"b\": [ 1 , 2 ]\t,\"from\":\"alice\"}")]
    [InlineData("{ \"from\" : \"eve\" , \"a\" : 1 }", "{ \"a\" : 1 ,\"from\":\"alice\"}")]
    [InlineData("{ \"a\" : 1 , \"from\" : \"eve\" }", "{ \"a\" : 1 , \"from\":\"alice\"}")]
    [InlineData("{ \"a\" : 1 , \"from\" : \"eve\"\n, \"b\" : 2 }", "{ \"a\" : 1 , \"b\" : 2 ,\"from\":\"alice\"}")]
    [InlineData("{\n\t\"from\"\n:\r1\t\n}", "{\n\t\"from\":\"alice\"}")]
    public void White_space_between_members_does_not_matter(string sent, string relayed) => Assert.Equal(relayed, Relay(sent));

    [Theory]
    [InlineData("""{"type":"message","to":"b"}""", """{"type":"message","to":"b","from":"alice","timestamp":1700000000000}""")]
    [InlineData("""{"type":"message","timestamp":null,"to":"b"}""", """{"type":"message","to":"b","from":"alice","timestamp":1700000000000}""")]
    [InlineData("""{"type":"message","to":"b","timestamp":0}""", """{"type":"message","to":"b","from":"alice","timestamp":1700000000000}""")]
    [InlineData("""{"timestamp":"","from":1,"type":"message"}""", """{"type":"message","from":"alice","timestamp":1700000000000}""")]
    [InlineData("""{"timestamp":5,"type":"message","timestamp":null}""", """{"type":"message","from":"alice","timestamp":1700000000000}""")]
    [InlineData("""{"type":"\u006dessage"}""", """{"type":"\u006dessage","from":"alice","timestamp":1700000000000}""")]
    public void A_message_without_a_timestamp_gets_one(string sent, string relayed) => Assert.Equal(relayed, Relay(sent));

    [Theory]
    [InlineData("""{"type":"message","timestamp":12,"to":"b"}""", """{"type":"message","timestamp":12,"to":"b","from":"alice"}""")]
    [InlineData("""{"type":"message","timestamp":"2024-01-01"}""", """{"type":"message","timestamp":"2024-01-01","from":"alice"}""")]
    [InlineData("""{"timestamp":null,"type":"message","timestamp":5}""", """{"type":"message","timestamp":5,"from":"alice"}""")]
    [InlineData("""{"type":"offer"}""", """{"type":"offer","from":"alice"}""")]
    [InlineData("""{"type":"offer","timestamp":null}""", """{"type":"offer","timestamp":null,"from":"alice"}""")]
    public void Any_other_timestamp_is_the_clients_own(string sent, string relayed) => Assert.Equal(relayed, Relay(sent));

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("18446744073709551615")]
    [InlineData("1e400")]
    [InlineData("-0")]
    [InlineData("1E+2")]
    [InlineData("0.10000000000000000000000000000000000000000001")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\uDC00\\uD800 \\ud83d\\ude00\"")]
    [InlineData("\"a\\/b \\u0041 \\b\\f\\n\\r\\t\"")]
    [InlineData("\"你好 \u2028 😀 \u007f\"")]
    [InlineData("{\"__proto__\":{\"a\":1},\"\":2,\"\\ud800\":3,\"a\":4,\"a\":5}")]
    [InlineData("[ 1 ,\n[ ] , { } ]")]
    public void A_value_is_kept_byte_for_byte(string value) =>
        Assert.Equal($$"""{"type":"offer","x":{{value}},"from":"alice"}""", Relay($$"""{"type":"offer","x":{{value}}}"""));

    [Theory]
    [InlineData("__proto__")]
    [InlineData("")]
    [InlineData("constructor")]
    [InlineData("\\ud800")]
    [InlineData("\\u0061\\/")]
    [InlineData("From")]
    [InlineData("a key that is longer than any escaped spelling of a key which the node knows")]
    public void A_key_that_the_node_does_not_know_is_kept_byte_for_byte_also_where_it_is_repeated(string key) =>
        Assert.Equal($$"""{"{{key}}":1,"{{key}}":2,"from":"alice"}""", Relay($$"""{"{{key}}":1,"from":0,"{{key}}":2}"""));

    [Fact]
    public void A_sender_whose_id_needs_escapes_is_named_in_valid_JSON()
    {
        var relayed = Wire.Splice("{}", Wire.Peer("a\"b\\c/ü"), timestamp: 0);

        Assert.Equal("""{"from":"a\"b\\c/ü"}""", relayed);
    }

    private static string Relay(string sent) =>
        Wire.Splice(sent, Wire.Peer("alice"), timestamp: 1_700_000_000_000);
}
