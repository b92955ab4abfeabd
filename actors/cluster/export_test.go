package cluster

// MemberToken lets a test act as a malicious member.
var MemberToken = memberToken
