package main

import "strings"

// usccAlphabet is the alphabet of GB 32100-2015: no I, O, S, V, Z.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// usccCheck computes the 18th character of a unified social credit code from the first
// 17: (31 − Σ cᵢ·3^(i−1) mod 31) mod 31 (GB 32100-2015; standards.md section 5).
func usccCheck(body string) byte {
	sum, weight := 0, 1
	for i := range 17 {
		sum += strings.IndexByte(usccAlphabet, body[i]) * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31]
}

// orgCheck computes the 9th character of an organisation code: 11 − Σ cᵢ·wᵢ mod 11,
// where 10 is X and 11 is 0 (GB 11714).
func orgCheck(body string) byte {
	weights := [...]int{3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		c := int(body[i] - '0')
		if body[i] >= 'A' {
			c = int(body[i]-'A') + 10
		}
		sum += c * w
	}
	return "0X987654321"[sum%11]
}

// residentCheck computes the 18th character of a resident identity number (GB
// 11643-1999, ISO 7064 MOD 11-2).
func residentCheck(body string) byte {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(body[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// luhnCheck computes the last digit of a card number (ISO/IEC 7812-1).
func luhnCheck(body string) byte {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// wrongCheck returns a code whose last character is not the right one.
func wrongCheck(code, alphabet string) string {
	last := code[len(code)-1]
	i := strings.IndexByte(alphabet, last)
	return code[:len(code)-1] + string(alphabet[(i+1)%len(alphabet)])
}
