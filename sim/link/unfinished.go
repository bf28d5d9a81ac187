package link

// unfinished names the models that Config can describe and Link cannot run
// yet. It shrinks to nothing.
func (c *Config) unfinished() error {
	for _, m := range []struct {
		field string
		on    bool
	}{
		{"Shape", c.Shape > Normal},
		{"Correlation", c.Correlation != 0},
		{"Markov", c.Markov != FourState{}},
		{"Drop", c.Drop != nil},
		{"Spikes", c.Spikes != Spikes{}},
		{"Corrupt", c.Corrupt != Corruption{}},
		{"Trace", c.Trace != nil},
		{"QueuePackets", c.QueuePackets != 0},
		{"AQM", c.AQM != ActiveQueue{}},
		{"Outage", c.Outage != Outage{}},
		{"Slots", c.Slots != Slots{}},
	} {
		if m.on {
			return &FieldError{m.field, "set", "unset: the model is not there yet"}
		}
	}
	return nil
}
