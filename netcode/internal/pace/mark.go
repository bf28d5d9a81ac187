package pace

// A Mark is what a packet remembers for the delivery-rate sample that its
// acknowledgement gives (draft-cheng-iccrg-delivery-rate-estimation, section
// 3.2). Times are in microseconds and everything wraps: only differences
// count, over less than an hour and 4 GB.
type Mark struct {
	delivered   uint32 // bytes that had arrived when it was sent
	deliveredAt uint32 // when the newest of them was acknowledged
	firstSent   uint32 // when the first packet of the sample's flight was sent
	idle        bool   // the application, not the network, held back
}
