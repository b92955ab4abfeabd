package cluster

// MemberToken lets tests be a member that means no good.
var MemberToken = memberToken
