package fit

import "math"

// A chain is a hidden Markov model of losses: it is in one of a few states,
// loses the datagram with the probability of the state, and moves.
type chain struct {
	move  [][]float64 // from, to; what is zero stays zero
	loss  []float64   // by state; 0 and 1 stay what they are
	start []float64
}

// train improves the chain by expectation and maximisation (Baum, Petrie,
// Soules, Weiss 1970; scaled as in Rabiner: A Tutorial on Hidden Markov
// Models, 1989) and returns the logarithm of the likelihood.
func (c *chain) train(lost []bool, rounds int) float64 {
	states := len(c.loss)
	forward := make([]float64, len(lost)*states)
	scale := make([]float64, len(lost))
	before := math.Inf(-1)
	for range rounds {
		likelihood := c.forward(lost, forward, scale)
		if likelihood-before < 1e-4 {
			return likelihood
		}
		before = likelihood
		c.maximise(lost, forward, scale)
	}
	return c.forward(lost, forward, scale)
}

// emits returns how likely a state is to do what happened.
func (c *chain) emits(state int, lost bool) float64 {
	if lost {
		return c.loss[state]
	}
	return 1 - c.loss[state]
}

// forward fills in how likely each state is, given all up to then.
func (c *chain) forward(lost []bool, forward, scale []float64) float64 {
	states, likelihood := len(c.loss), 0.0
	for t := range lost {
		row, sum := forward[t*states:(t+1)*states], 0.0
		for j := range row {
			p := c.start[j]
			if t > 0 {
				p = 0
				for i, was := range forward[(t-1)*states : t*states] {
					p += was * c.move[i][j]
				}
			}
			row[j] = p * c.emits(j, lost[t])
			sum += row[j]
		}
		sum = max(sum, 1e-300)
		for j := range row {
			row[j] /= sum
		}
		scale[t] = sum
		likelihood += math.Log(sum)
	}
	return likelihood
}

// maximise goes back and replaces the probabilities by what was expected to
// have happened.
func (c *chain) maximise(lost []bool, forward, scale []float64) {
	states := len(c.loss)
	moves := make([][]float64, states)
	for i := range moves {
		moves[i] = make([]float64, states)
	}
	losses, times := make([]float64, states), make([]float64, states)
	back, next := make([]float64, states), make([]float64, states)
	for i := range back {
		back[i] = 1
	}
	for t := len(lost) - 1; t >= 0; t-- {
		row := forward[t*states : (t+1)*states]
		for i, p := range row {
			here := p * back[i]
			times[i] += here
			if lost[t] {
				losses[i] += here
			}
		}
		if t == 0 {
			break
		}
		for i, p := range forward[(t-1)*states : t*states] {
			next[i] = 0
			for j := range back {
				step := c.move[i][j] * c.emits(j, lost[t]) * back[j] / scale[t]
				moves[i][j] += p * step
				next[i] += step
			}
		}
		back, next = next, back
	}
	for i := range moves {
		total := 0.0
		for _, m := range moves[i] {
			total += m
		}
		for j := range moves[i] {
			if total > 0 {
				c.move[i][j] = moves[i][j] / total
			}
		}
		if c.loss[i] > 0 && c.loss[i] < 1 && times[i] > 0 {
			c.loss[i] = min(1-1e-9, max(1e-9, losses[i]/times[i]))
		}
	}
}
